{#- A supplier that is gone stays in Optiply, ignored (B3). -#}
{{ consolidated('suppliers', deleted=['ignored', 'true']) }}
