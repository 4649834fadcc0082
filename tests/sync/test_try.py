import time
from include.sandbox import serve
def test_it(stage):
    def t(label, f):
        a=time.time(); r=f(); print(label, round(time.time()-a,2)); return r
    with serve("woocommerce") as woo, serve("exact_online", settings={"per_minute":100000,"per_day":1000000}) as exact, serve("bol_com", orders=60, settings={"orders_per_minute":1000,"order_per_second":1000}) as bol:
        stage.coupled("velodrome__woocommerce", woo)
        stage.coupled("bralex__exact_online", exact)
        stage.coupled("bralex__bol_com", bol)
        for k, v in t("pull", stage.pull_every).items(): print(k, v.sentence())
        print(t("transform", stage.transform))
        for k, v in t("pull", stage.pull_every).items(): print(k, v.sentence())
        print(t("transform", stage.transform))
        for c in stage.opened:
            woo_p = stage.rows("select q.object, q.field, q.reason, q.severity, q.waiting, count(*), min(remote_id) from platform.quarantine q join platform.couplings c on c.id=q.coupling_id where c.name=%s group by 1,2,3,4,5", c)
            print(c); [print("  ", r) for r in woo_p]
        for table in ("products","suppliers","supplier_products","product_compositions","sell_orders","sell_order_lines"):
            print(table, stage.rows(f"select coupling_id, count(*) from optiply.{table} group by 1 order by 1"))
