"""The public status page: which routes work, by a message that went through them less than three minutes ago. Pure."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from console.beat.partners import Partner
from console.beat.rounds import HOPS, Route
from console.words import jst

STATES = {"ok": "正常 OK", "late": "遅れています Late", "failing": "届いていません Failing"}
NAMES = {
    "bulletins": "電文の受信",
    "detections": "検知",
    "recommendations": "勧告の計算",
    "calls": "担当者の呼び出し",
    "outcomes": "通知の送信",
    "push": "端末への到着",
}
_STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #999}"
    "[data-state=ok]{color:#0a5c1e}[data-state=late]{color:#7a4a00}[data-state=failing]{color:#a00000}"
    "strong{font-size:1.25rem}@media(prefers-color-scheme:dark){body{color:#eee;background:#111}"
    "[data-state=ok]{color:#7ddc90}[data-state=late]{color:#f0b050}[data-state=failing]{color:#ff8a80}a{color:#9cf}}"
)


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
    """A page without scripts that says its own age."""
    silent = sum(partner.silent for partner in partners)
    whole = jst(route.whole_at) if route.whole_at else "まだありません"
    rows = "".join(
        f"<tr><th scope=row>{NAMES[hop]}</th><td>{f'{route.hops[hop]:.1f} 秒' if hop in route.hops else '―'}</td></tr>"
        for hop in HOPS
    )
    told = f"{len(partners)} のうち {len(partners) - silent} に届いています" if partners else "まだありません"
    worst = "failing" if silent else "ok"
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>システムの状態</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="refresh" content="30">'
        f"<style>{_STYLE}</style></head><body><main><h1>システムの状態 Status</h1>"
        "<p>1分ごとに試験の電文を1通、受信から端末までのすべての経路に通しています。災害の情報ではありません。</p>"
        f'<p role="status" data-state="{route.state}"><strong>{STATES[route.state]}</strong></p>'
        f"<p>最後に端末まで届いた時刻：{escape(whole)}</p>"
        "<table><caption>電文を出してから届くまでの時間</caption><thead><tr><th scope=col>経路</th>"
        f"<th scope=col>時間</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<p data-state="{worst}">連携先：{told}</p>'
        f"<p>{escape(jst(now))} 現在。この時刻が3分より古いときは、この表示は更新されていません。</p>"
        '<p><a href="./">避難情報へ</a></p></main></body></html>'
    )
