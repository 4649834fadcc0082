select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."Item"') }} as item,
    {{ filled('doc."Supplier"') }} as supplier,
    {{ filled('doc."ItemDescription"') }} as item_description,
    {{ filled('doc."SupplierItemCode"') }} as supplier_item_code,
    {{ number('doc."PurchasePrice"') }} as purchase_price,
    {{ number('doc."PurchaseUnitFactor"') }} as purchase_unit_factor,
    {{ number('doc."PurchaseLotSize"') }} as purchase_lot_size,
    {{ number('doc."MinimumQuantity"') }} as minimum_quantity,
    {{ number('doc."PurchaseLeadTime"') }} as purchase_lead_time,
    {{ flag('doc."MainSupplier"') }} as is_main_supplier,
    {{ exact_moment('doc."EndDate"') }} as ends_at,
    {{ exact_moment('doc."Created"') }} as created_at,
    {{ exact_moment('doc."Modified"') }} as modified_at,
    {{ unreadable({
        'price': 'PurchasePrice',
        'lot_size': 'PurchaseUnitFactor',
        'minimum_purchase_quantity': 'MinimumQuantity',
    }) }} as unreadable
from {{ source('exact_online', 'supplier_items') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Item" text,
    "Supplier" text,
    "ItemDescription" text,
    "SupplierItemCode" text,
    "PurchasePrice" text,
    "PurchaseUnitFactor" text,
    "PurchaseLotSize" text,
    "MinimumQuantity" text,
    "PurchaseLeadTime" text,
    "MainSupplier" text,
    "EndDate" text,
    "Created" text,
    "Modified" text
)
where source.superseded_at is null
