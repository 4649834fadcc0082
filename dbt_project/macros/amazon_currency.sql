{#- The currency of a marketplace by its id: the report of all listings names none. Null for an id that is not known. -#}
{% macro amazon_currency(marketplace) -%}
    case
        when {{ marketplace }} in (
            'A1805IZSGTT6HS', 'A1PA6795UKMFR9', 'AMEN7PMS3EDWL', 'A13V1IB3VIYZZH', 'A1RKKUPIHCS9HS', 'APJ6JRA9NG5V4'
        ) then 'EUR'
        when {{ marketplace }} = 'A1F83G8C2ARO7P' then 'GBP'
        when {{ marketplace }} = 'A1C3SOZRARQ6R3' then 'PLN'
        when {{ marketplace }} = 'A2NODRKZP88ZB9' then 'SEK'
        when {{ marketplace }} = 'ATVPDKIKX0DER' then 'USD'
        when {{ marketplace }} = 'A2EUQ1WTGCTBG2' then 'CAD'
        when {{ marketplace }} = 'A1VC38T7YXB528' then 'JPY'
    end
{%- endmacro %}
