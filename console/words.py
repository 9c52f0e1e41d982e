"""How the desk says things: times in JST, ages, states and steps in Japanese. Pure."""

from datetime import datetime, timedelta, timezone

from console.refusals import REFUSALS
from schemas.levels import LEVELS, ORDER_WORDS
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import Action, Call, CallKind, CallState, CaseStatus, DecisionKind
from schemas.records.delivered import End
from schemas.records.judged import Change, DetectionKind, Phase
from schemas.records.observed import PollOutcome, Quality, ReportKind

JST = timezone(timedelta(hours=9), "JST")
_DAYS = "月火水木金土日"

WORLDS = {World.ACTUAL: "本番", World.EXERCISE: "訓練", World.TEST: "試験"}
STATUSES = {
    CaseStatus.OPEN: "案なし",
    CaseStatus.DRAFTED: "下書き",
    CaseStatus.SUBMITTED: "承認待ち",
    CaseStatus.IN_FORCE: "発令中",
    CaseStatus.HALTED: "送信停止",
    CaseStatus.LIFTED: "解除済み",
}
ACTIONS = {Action.ISSUE: "発令", Action.REVISE: "変更", Action.CORRECT: "訂正", Action.LIFT: "解除"}
DONE = {
    Action.ISSUE: "{where}に「{order}」を発令し",
    Action.REVISE: "{where}の避難情報を「{order}」に変更し",
    Action.CORRECT: "{where}の「{order}」の文面を訂正し",
    Action.LIFT: "{where}の「{order}」を解除し",
}
"""What an approver says yes to, as it goes on: … and so many devices are told."""
KINDS = {
    DecisionKind.PROPOSE: "案を作成",
    DecisionKind.SUBMIT: "提出",
    DecisionKind.APPROVE: "承認",
    DecisionKind.RETURN: "差し戻し",
    DecisionKind.REJECT: "却下",
    DecisionKind.HALT: "送信停止",
    DecisionKind.ACKNOWLEDGE: "呼び出しに応答",
    DecisionKind.SET_DUTY: "当番を変更",
    DecisionKind.SIGN_POLICY: "事前承認に署名",
    DecisionKind.APPROVE_POLICY: "事前承認を承認",
    DecisionKind.REVOKE_POLICY: "事前承認を取り消し",
}
CHANGES = {
    Change.NEW: "新規",
    Change.RAISED: "引き上げ",
    Change.SAME: "継続",
    Change.LOWERED: "引き下げ",
    Change.CLEARED: "該当なし",
}
DETECTIONS = {
    DetectionKind.THRESHOLD: "水位の到達",
    DetectionKind.TREND: "上昇の見込み",
    DetectionKind.BULLETIN: "電文",
    DetectionKind.SILENCE: "データの途絶",
    DetectionKind.COMPOUND: "基準への該当",
}
PHASES = {Phase.BEGAN: "開始", Phase.ROSE: "上昇", Phase.EASED: "低下", Phase.ENDED: "終了"}
ENDS = {
    End.ACCEPTED: "送信済み",
    End.GONE: "端末なし",
    End.EXPIRED: "期限切れ",
    End.SUPERSEDED: "新しい版に差し替え",
    End.REFUSED: "拒否",
    End.FAILED: "失敗",
}
END_MEANS = {
    End.ACCEPTED: "通知の配信事業者が受け取った",
    End.GONE: "端末の登録が無効になっていた",
    End.EXPIRED: "送信期限までに送れなかった",
    End.SUPERSEDED: "送る前に新しい版が出た",
    End.REFUSED: "送信前の確認、または配信事業者が断った",
    End.FAILED: "こちらの不具合で送れなかった",
}
CALL_STATES = {CallState.OPEN: "応答待ち", CallState.ACKNOWLEDGED: "応答あり", CallState.CLOSED: "終了"}
CALL_KINDS = {CallKind.RECOMMENDATION_ROSE: "推奨レベルの上昇", CallKind.APPROVER_MISSING: "承認待ち"}
CALL_DETAILS = {"sending_ends": "送信期限（延ばすか解除するか）"}
POLLS = {PollOutcome.NEW: "新しい値あり", PollOutcome.UNCHANGED: "変化なし", PollOutcome.FAILED: "取得失敗"}
QUALITIES = {
    Quality.VALID: "正常",
    Quality.SUSPECT: "要確認",
    Quality.STUCK: "固着の疑い",
    Quality.MISSING: "欠測",
    Quality.CLOSED: "閉局",
}
QUANTITIES = {
    "stage": "水位",
    "rain_10min": "10分間の雨",
    "rain_1h": "1時間の雨",
    "rain_total": "累計の雨",
    "dam_level": "貯水位",
    "dam_inflow": "流入量",
    "dam_outflow": "放流量",
    "dam_storage": "貯水率",
    "traffic_up": "上り",
    "traffic_down": "下り",
    "stage_forecast": "予測水位",
    "stage_observed": "観測水位",
    "rain_forecast": "予測雨量",
    "rain_observed": "観測雨量",
    "rain_3h": "3時間の雨",
    "rain_24h": "24時間の雨",
    "danger": "危険度（警戒レベル相当）",
    "criteria_level": "基準に達する時間帯（警戒レベル相当）",
    "criteria_stage": "基準水位",
    "stage_level": "水位の危険度レベル",
    "inundation_depth": "浸水深",
    "wind": "風速",
    "wave": "波の高さ",
    "tide": "潮位",
    "snow": "雪",
    "tsunami_height": "津波の高さ",
    "tsunami_arrival": "津波の到達",
    "intensity": "震度",
    "volcanic_level": "噴火警戒レベル",
    "storm_zone": "暴風域に入るおそれ",
    "closed": "通行",
    "water_depth": "水の深さ",
    "run_up": "うちあげ高",
    "humidity": "湿度",
    "visibility": "視程",
    "cap_severity": "深刻さ（CAP、4が最大）",
    "cap_urgency": "緊急度（CAP、4が最大）",
    "cap_certainty": "確からしさ（CAP、4が最大）",
}
PASSABLE = {0.0: "通れます", 1.0: "閉鎖・通行止め"}
DETAILS = {
    "gate_stopped": "水門の操作を停止",
    "pump_stopped": "排水機場の運転を停止",
    "cracks": "亀裂・すべり（堤防・斜面）",
    "seawall_failed": "海岸堤防の倒壊",
    "wave_overtopping": "異常な越波・越流",
    "inundation": "浸水の発生",
    "shaking": "強い揺れ、弱くても長い揺れ",
}
"""What `Report.detail` may say: finer than its kind, which is then `other`."""
DETAIL_HAZARDS = {
    "gate_stopped": (Hazard.FLOOD,),
    "pump_stopped": (Hazard.FLOOD,),
    "cracks": (Hazard.FLOOD, Hazard.LANDSLIDE),
    "seawall_failed": (Hazard.STORM_SURGE,),
    "wave_overtopping": (Hazard.STORM_SURGE,),
    "inundation": (Hazard.HEAVY_RAIN, Hazard.FLOOD),
    "shaking": (Hazard.TSUNAMI,),
}
"""What each may be a sign of; the first where the officer named none of them."""
REPORTS = {
    ReportKind.LEAKAGE: "堤防の漏水",
    ReportKind.LEAKAGE_GROWING: "漏水の拡大",
    ReportKind.OVERFLOW: "越水・溢水",
    ReportKind.BREACH: "堤防の決壊",
    ReportKind.PRECURSOR: "土砂災害の前兆",
    ReportKind.SLIDE: "土砂災害の発生",
    ReportKind.OTHER: "その他",
}
THRESHOLDS = {"L1": "水防団待機", "L2": "氾濫注意", "L3": "避難判断", "L4": "氾濫危険", "FS": "氾濫開始"}
UNKNOWN_ORDER = "避難情報"


def jst(moment: datetime) -> str:
    """9月21日（月）15:40: event time as Japan reads it."""
    local = moment.astimezone(JST)
    return f"{local.month}月{local.day}日（{_DAYS[local.weekday()]}）{local:%H:%M}"


def clock_time(moment: datetime) -> str:
    """15:40 JST."""
    return f"{moment.astimezone(JST):%H:%M}"


def age(moment: datetime, now: datetime) -> str:
    """How long ago, coarse: 12分前, 3時間10分前, 2日前; a moment ahead of now says so."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < -1:
        return f"{-minutes}分先の時刻"
    if minutes < 1:
        return "1分以内"
    if minutes < 60:
        return f"{minutes}分前"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}時間{rest}分前" if rest else f"{hours}時間前"
    return f"{hours // 24}日前"


def level_word(level: int | None, hazard: Hazard) -> str:
    """警戒レベル４ 避難指示 and the like; a tsunami's order has no number."""
    if level is None:
        return "避難指示（津波・レベルなし）" if hazard is Hazard.TSUNAMI else "レベルなし"
    return f"警戒レベル{wide(level)}相当" if level < 3 else f"警戒レベル{wide(level)} {LEVELS[level].word_ja}"


def order_word(order_type: OrderType | None, level: int | None) -> str:
    """【警戒レベル４ 避難指示】, or 【津波 避難指示】."""
    if order_type is None:
        return UNKNOWN_ORDER
    number = "津波" if level is None else f"警戒レベル{wide(level)}"
    return f"{number} {ORDER_WORDS[order_type][0]}"


def report_word(kind: ReportKind, detail: str) -> str:
    """What was seen, as finely as it was said."""
    return DETAILS.get(detail, REPORTS[kind])


def call_word(call: Call) -> str:
    """Why somebody is called, as finely as the call says it."""
    return CALL_DETAILS.get(call.detail or "", CALL_KINDS[call.kind])


def lasted(seconds: int | None) -> str:
    """4秒, 3分20秒; nothing for what nobody measured."""
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}分{rest}秒" if minutes else f"{rest}秒"


def refusal(code: str, text: str) -> str:
    """A verdict's reason in Japanese where we know its code, else as decide said it."""
    return REFUSALS.get(code, text)


def wide(number: int) -> str:
    """４: level numbers are written full width in Japanese."""
    return str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
