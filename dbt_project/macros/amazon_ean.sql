{#- The first EAN among the identifiers of a catalog item; where Amazon knows none, its UPC or GTIN, which is the same
    number with other zeros before it. -#}
{% macro amazon_ean(identifiers) -%}
    nullif(btrim(coalesce(
        jsonb_path_query_first({{ identifiers }}, '$[*].identifiers[*] ? (@.identifierType == "EAN").identifier') #>> '{}',
        jsonb_path_query_first({{ identifiers }}, '$[*].identifiers[*] ? (@.identifierType == "UPC" || @.identifierType == "GTIN").identifier') #>> '{}'
    )), '')
{%- endmacro %}
