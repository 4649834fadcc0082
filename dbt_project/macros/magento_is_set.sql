{#- True for a product that is always sold as the same parts: a group of products, or a bundle in which every option is
    required and offers one product in one quantity. What is chosen in any other bundle stands on the order's lines. -#}
{% macro magento_is_set(products) -%}
    coalesce(
        {{ products }}.type_id = 'grouped'
        or {{ products }}.type_id = 'bundle'
        and jsonb_path_exists({{ products }}.bundle_options, '$[*]')
        and not jsonb_path_exists(
            {{ products }}.bundle_options,
            '$[*] ? (!(@.required == true) || @.product_links.size() > 1
                || @.product_links[*].can_change_quantity == 1 || @.product_links[*].can_change_quantity == true)'
        ),
        false
    )
{%- endmacro %}
