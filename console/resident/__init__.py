"""The residents' page: a PWA of hand-written files, assembled by site.py for whoever publishes them."""
