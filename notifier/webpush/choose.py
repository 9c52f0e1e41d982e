"""Which transport pushes leave by: SONAE_PUSH_TRANSPORT."""

from notifier.settings import NotifierSettings
from notifier.webpush.curl import CurlTransport
from notifier.webpush.http2.sending import Http2Transport
from notifier.webpush.transport import Reach, Transport


def transport_of(settings: NotifierSettings) -> Transport:
    """The transport that the settings name; raises ValueError for an authority of one's own outside a local set-up."""
    kind = Http2Transport if settings.push_transport == "http2" else CurlTransport
    return kind(Reach(settings.local, settings.push_ca), settings.push_connections)
