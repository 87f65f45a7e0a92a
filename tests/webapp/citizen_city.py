"""A small city taken in from files of the feeds: shops, a medicine counted by some, shifts, visits, places."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from yaotong.acts.intake import take_in
from yaotong.workspace import Workspace, init_workspace

ARRIVED = datetime(2026, 6, 30, 8, 0)
AREAS = """{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"area_code":"330482101","area_name":"乍浦镇","level":"town"},
 "geometry":{"type":"Polygon","coordinates":[[[121.05,30.58],[121.15,30.58],[121.15,30.65],[121.05,30.65],[121.05,30.58]]]}}]}"""
# A to F stand on one street, 0.001 degrees apart.
SHOPS = """license_no,name,address,lon,lat,crs,phone,opening_hours,dual_channel,scope,chain,services
A,甲药店,平湖市乍浦镇天妃路1号,121.091,30.60,wgs84,0573-1,Mo-Su 08:00-21:00,true,RX|OTC_A,,delivery|barrier_free
B,乙药店,平湖市乍浦镇天妃路2号,121.092,30.60,wgs84,0573-2,Mo-Su 08:00-21:00,false,RX|OTC_A,乙连锁,
C,丙药店,平湖市乍浦镇天妃路3号,121.093,30.60,wgs84,0573-3,24/7,,RX|OTC_A,,service_station|health_check
D,丁药店,平湖市乍浦镇天妃路4号,121.094,30.60,wgs84,,,,,,
E,戊药店,平湖市乍浦镇天妃路5号,121.095,30.60,wgs84,0573-5,Mo-Su 08:00-21:00,,RX|OTC_A,,
F,己药店,平湖市乍浦镇天妃路6号,121.096,30.60,wgs84,0573-6,Mo-Su 08:00-21:00,,OTC_A,,
"""
DRUGS = """drug_code,drug_name,category,brand_name
D1,阿莫西林胶囊,RX,阿莫仙
D2,布洛芬片,RX,芬必得
D3,酚麻美敏片,EPH|OTC_A,泰诺
"""
COUNTS = """pharmacy_id,drug_code,counted_at,quantity
A,D1,2026-06-30 22:00:00,12
B,D1,2026-06-30 22:00:00,0
C,D1,2026-06-28 22:00:00,9
F,D1,2026-06-30 22:00:00,3
A,D3,2026-06-30 22:00:00,40
"""
DUTY = """pharmacy_id,pharmacist_id,from,until
A,P1,2026-07-01 08:00:00,2026-07-01 12:00:00
B,P2,2026-07-01 08:30:00,
C,P3,2026-06-29 08:00:00,
E,P4,2026-07-01 06:00:00,2026-07-01 09:00:00
"""
VISITS = """inspection_id,pharmacy_id,inspected_at,kind,outcome,hours_confirmed,place_confirmed,phone_confirmed
J1,A,2026-05-02 10:00:00,routine,passed,true,true,true
J2,B,2026-05-03 10:00:00,routine,ordered,false,true,
J3,C,2026-05-04 10:00:00,routine,not_met,,,
"""
CALENDAR = """date_from,date_until,scope,kind,name
2026-07-01,2026-07-03,E,closure,装修
2026-07-01,2026-07-01,B,promotion,促销
"""
PLACES = """place_id,name,kind,other_names,lon,lat,crs,town_code
P1,乍浦客运中心,bus_stop,汽车站,121.096,30.60,wgs84,330482101
P2,长胜村,village,,121.10,30.61,wgs84,330482101
"""
FILES = {
    "areas.geojson": AREAS,
    "pharmacies.csv": SHOPS,
    "drugs.csv": DRUGS,
    "places.csv": PLACES,
    "calendar.csv": CALENDAR,
    "stock_counts.csv": COUNTS,
    "duty.csv": DUTY,
    "inspections.csv": VISITS,
}


def built(home: Path) -> Workspace:
    """The city in a new workspace."""
    ws = init_workspace(home / "home")
    for name, text in FILES.items():
        take(ws, home, name, text, ARRIVED if name in ("areas.geojson", "pharmacies.csv") else None)
    return ws


def take(ws: Workspace, folder: Path, name: str, text: str, at: datetime | None = None) -> None:
    """Take a file of a feed in, whole."""
    path = folder / name
    path.write_text(text, "utf-8")
    receipt = take_in(ws, path, feed=name.split(".")[0], now=at or datetime(2026, 7, 1, 8, 55))
    assert (receipt.accepted > 0, receipt.rejected) == (True, ()), receipt
