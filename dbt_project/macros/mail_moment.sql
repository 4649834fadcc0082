{#- RFC-2822 text, as mails and BigCommerce's V2 write it ("Tue, 20 Nov 2012 00:00:00 +0000"), to a UTC moment in whole
    seconds; anything else, such as the empty text of an order that has not been shipped, is no date. -#}
{% macro mail_moment(text) -%}
    case
        when {{ text }} ~ '^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}$'
            and pg_input_is_valid({{ text }}, 'timestamptz')
            then cast({{ text }} as timestamptz)
    end
{%- endmacro %}
