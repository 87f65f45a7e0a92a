"""Words of the citizens' side and of the register of pharmacies: Chinese, English."""

from __future__ import annotations

PUBLIC_WORDS: dict[str, tuple[str, str]] = {
    # what citizens report as wrong
    "wrong": ("信息有误", "report an error"),
    "wrong.hours": ("营业时间不对", "opening hours"),
    "wrong.phone": ("电话不对", "telephone"),
    "wrong.place": ("地址或位置不对", "address or place"),
    "wrong.gone": ("已关门、搬走或没有这家店", "closed, moved or not there"),
    "wrong.name": ("店名不对", "name"),
    "wrong.services": ("服务或医保资格不对", "services or insurance"),
    "wrong.seal": ("封签破损或对不上", "seal broken or not genuine"),
    "wrong.other": ("其他", "something else"),
    "wrong_state.open": ("等候核对", "waiting to be checked"),
    "wrong_state.corrected": ("已更正", "corrected"),
    "wrong_state.kept": ("核对无误，没有改动", "checked, nothing changed"),
    "wrong_state.dismissed": ("不受理", "not taken up"),
    # a seal and a trace code, as a citizen is told of them
    "seal.genuine": ("封签是真的，只用过这一次", "The seal is genuine and was used once"),
    "seal.opened": ("封签已有人登记拆封", "Somebody has said that this seal was opened"),
    "seal.again": ("封签用过不止一次", "The seal was used more than once"),
    "seal.returned": ("这一单已经退回", "This order was returned"),
    "seal.unknown": ("没有查到这个号码", "This code was not found"),
    "trace.none": ("这一盒没有卖出的记录", "No sale of this pack is known"),
    "trace.one": ("这一盒卖过一次", "This pack was sold once"),
    "trace.many": ("这一盒卖过两次以上", "This pack was sold twice or more"),
    # columns of the register of pharmacies
    "column.name": ("店名", "name"),
    "column.address": ("地址", "address"),
    "column.phone": ("电话", "telephone"),
    "column.opening_hours": ("营业时间", "opening hours"),
    "column.services": ("服务", "services"),
    "column.insurance_designated": ("医保定点", "takes insurance"),
    "column.dual_channel": ("双通道", "dual channel"),
    "column.status": ("状态", "status"),
    "column.point": ("位置", "position"),
    "column.lon": ("经度", "longitude"),
    "column.lat": ("纬度", "latitude"),
    "column.source_lon": ("经度", "longitude"),
    "column.source_lat": ("纬度", "latitude"),
    "column.crs": ("坐标系", "coordinate system"),
    "status.active": ("在营", "active"),
    "status.suspended": ("暂停", "suspended"),
    "status.closed": ("已关闭", "closed"),
}
