"""気象庁防災情報XML: the Atom feeds and the telegrams that they link to."""
