"""The public status page: which routes work, by a message that went through them less than three minutes ago. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from console.beat.partners import Partner
from console.beat.rounds import HOPS, Route
from console.words import jst

STATES = {"ok": "正常 OK", "late": "遅れています Late", "failing": "届いていません Not arriving"}
NAMES = {
    "bulletins": "試験電文の受信 (Test bulletin received)",
    "detections": "基準に達したことの検知 (Detection)",
    "recommendations": "避難情報の案の作成 (Recommendation)",
    "calls": "担当者の呼び出し (Call to officers)",
    "outcomes": "通知の送信 (Notification sent)",
    "push": "端末への到着 (Arrived on a device)",
}
_HEAD = (
    '<!doctype html><html lang="ja" class="world-actual"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    "<title>システムの動作状況</title>"
    '<link rel="stylesheet" href="/static/public.css"><link rel="icon" href="/static/icon.svg">'
    '<script src="/static/fresh.js" defer></script></head><body>'
    '<header class="top"><a class="brand" href="/">備え <span lang="en">Sonae</span></a></header>'
)
LOOKS = {"ok": "lifted", "late": "warning", "failing": "warning"}


def status(route: Route, partners: Sequence[Partner], now: datetime) -> dict[str, object]:
    """The same as data. Partners are counted, not named: who they are is nobody else's business."""
    silent = sum(partner.silent for partner in partners)
    return {
        "as_of": now,
        "state": route.state,
        "text": route.text,
        "last_whole_beat": route.whole_at,
        "seconds_to_the_device": route.took_s,
        "hops": route.hops,
        "partners": {"told": len(partners), "silent": silent},
    }


def page(route: Route, partners: Sequence[Partner], now: datetime) -> str:
    """A page that can be read without a script and says its own age; with one it follows by itself, as orders do."""
    silent = sum(partner.silent for partner in partners)
    whole = jst(route.whole_at) if route.whole_at else "まだ届いていません"
    rows = "".join(
        f"<li>{NAMES[hop]}：{f'{route.hops[hop]:.1f} 秒後' if hop in route.hops else 'まだ届いていません'}</li>"
        for hop in HOPS
    )
    arrived = len(partners) - silent
    told = f"{len(partners)} か所のうち {arrived} か所に届いています" if partners else "登録はありません"
    worst = "failing" if silent else "ok"
    return (
        f'{_HEAD}<main id="main" data-checked-at="{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}">'
        "<h1>システムの動作状況 <span lang=en>System status</span></h1>"
        "<p>1分ごとに試験の電文を1通、受信から端末への到着まで、すべての経路に通して確かめています。災害の情報ではありません。</p>"
        '<p class="muted" lang="en">A test message goes through every step each minute: no real disaster.</p>'
        f'<p role="status" class="{LOOKS[route.state]}">{STATES[route.state]}</p>'
        f'<section class="card"><h2>試験の電文が最後に端末まで届いた時刻</h2><p>{escape(whole)}</p>'
        f"<h2>電文を出してから届くまでの時間</h2><ol>{rows}</ol></section>"
        f'<p class="{LOOKS[worst]}">連携先：{told}</p>'
        f'<p class="muted">{escape(jst(now))} 現在。この時刻が3分より古いときは、この表示は更新されていません。</p>'
        '<p class="late" role="status" data-late="{minutes}分前の表示です。それから更新されていません。"></p>'
        '<p><a class="button" href="/">発令中の避難情報へ</a></p></main></body></html>'
    )
