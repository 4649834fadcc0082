{#- A product that is gone stays in Optiply, disabled (B3). -#}
{{ consolidated('products', deleted=['status', "'disabled'"]) }}
