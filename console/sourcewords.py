"""How feeds and programs are called on the desk, and what their states ask of an officer, in Japanese. Pure.

A feed of one's own, which no name here knows, reads as its row calls it.
"""

FEEDS = {
    "jma-extra": "気象庁 防災情報XML（警報・注意報、土砂災害、洪水予報、台風）",
    "jma-eqvol": "気象庁 防災情報XML（地震・津波・火山）",
    "jma-regular": "気象庁 防災情報XML（定時）",
    "jma-other": "気象庁 防災情報XML（その他）",
    "bosai-warnings": "気象庁ホームページとの照合（警報・注意報）",
    "bosai-floods": "気象庁ホームページとの照合（洪水予報）",
    "kawabou-stage": "川の防災情報（水位）",
    "kawabou-rain": "川の防災情報（雨量）",
    "kawabou-dam": "川の防災情報（ダム）",
    "kikikanri": "川の水位情報（危機管理型水位計）",
    "kanagawa-record": "神奈川県雨量水位情報（過去の記録）",
    "amedas": "アメダス（雨量）",
    "jartic": "交通量API（国道の交通量、5分間）",
    "jartic-5min": "交通量API（国道の交通量、5分間）",
    "jartic-hourly": "交通量API（国道の交通量、1時間）",
}
PARTS = {
    "watch": "基準の判定",
    "decide": "承認の判定",
    "console": "職員用の画面（この画面）",
    "public-pages": "住民のページの作成",
    "beat": "経路の試験（1分ごと）",
    "notifier-api": "端末の登録の受け付け",
    "notifier-index": "登録端末の名簿",
    "notifier-refill": "送信の鍵の準備",
    "notifier-plan": "配信の計画",
    "notifier-deliver": "端末への送信",
    "notifier-broadcast": "関係機関への配信",
    "notifier-cap": "CAPの作成",
    "notifier-webhook": "関係機関への通知（Webhook）",
}
WAYS = {"webhook": "Webhook", "sse": "イベント配信", "kafka": "Kafka"}
FEED_ADVICE = {
    "stale": "内容がいつもより遅れています。情報源そのものを確かめてください。",
    "frozen": "応答はありますが、内容が新しくなっていません。ほかの手段で確かめ、更新を待たないでください。",
    "failing": "取得できていません。これまでの内容は保持します。情報源そのものを確かめ、運用担当に知らせてください。",
    "silent": "取り込みのプログラムから連絡がありません。この情報源はいま更新されません。運用担当に知らせてください。",
}
PART_ADVICE = {
    "waiting": "始める準備をしています。",
    "stale": "記録に追いついていません。続くときは運用担当に知らせてください。",
    "failing": "正しく動いていません。運用担当に知らせてください。",
    "silent": "連絡がありません。運用担当に知らせてください。",
}


def name_of(source: str) -> str:
    """A feed's, a program's or a partner's name; what has none here reads as itself."""
    if source.startswith("partner:"):
        partner, _, way = source.removeprefix("partner:").rpartition(":")
        return f"連携先 {partner}（{WAYS.get(way, way)}）"
    known = FEEDS | PARTS
    return known.get(source) or next((word for part, word in PARTS.items() if source.startswith(f"{part}-")), source)


def advice_of(state: str, *, is_feed: bool) -> str:
    """What the state asks of an officer; "" where nothing is to be done."""
    return (FEED_ADVICE if is_feed else PART_ADVICE).get(state, "")
