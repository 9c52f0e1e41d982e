"""The link test: once a minute a test telegram goes through every hop to our own push endpoint and to every partner."""
