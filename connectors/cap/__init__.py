"""CAP 1.1 and 1.2 of other prefectures and countries → Bulletins. A foreign alert never makes a 警戒レベル."""
