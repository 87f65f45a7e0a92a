"""The settings of a new workspace, with every setting it may have as a comment."""

TEMPLATE = """\
# 云药通工作区设置 Settings of this workspace. Environment variables win: YAOTONG_DATABASE_URL.

[workspace]
title = "{title}"
# true: every screen says that the data are synthetic.
synthetic = {synthetic}

[store]
# Empty: SQLite inside this folder. A PostgreSQL URL where departments write at once.
database_url = ""

[intake]
# "sha256" or "sm3": the digest of the keyed pseudonyms. Changing it makes new pseudonyms.
pseudonym_digest = "sha256"
# The name of the key in keys/pseudonym.key, written before every pseudonym: 1-16 letters, digits, - or _.
pseudonym_key_id = "k1"
# WGS-84 box that every pharmacy must lie in: [lon_min, lat_min, lon_max, lat_max]. Empty: no check.
region = {region}

[web]
# How many proxies stand before the program, such as nginx: 1. Their word for the asker's address is taken.
# trusted_proxies = 0
# true where citizens and officers come by https: cookies go by nothing else then.
# https = false

[limits]
# What one file may bring in. A file beyond a limit is refused whole, a field beyond its own with its row.
# file_bytes = 50_000_000
# rows = 1_000_000
# columns = 200
# field_chars = 4_096
# unpacked_bytes = 200_000_000
# archive_entries = 1_000
# json_depth = 32
# read_seconds = 30
# read_memory_bytes = 536_870_912

[rules]
# More alerts of one rule in a day than this: its notices wait until its owner lets them go; alerts are kept.
flood_alerts_a_day = 200
# Rules that prove true less often than this are listed in the weekly report, by kind of rule.
precision_floor = {{ model = 0.6, statutory = 0.9 }}

[delivery]
# Notices go to public addresses; networks of your own that they may go to as well:
# allow_private = ["10.20.0.0/16"]
# One table per webhook; https, unless it says allow_http = true.
# `secret_file` is relative to this folder and must be readable by you alone.
# [[delivery.webhook]]
# department = "psb"
# url = "https://…"
# secret_file = "keys/psb-webhook.key"
# Chats and mail carry a link that begins with:
# site = "https://yaotong.example.gov.cn"
# [[delivery.dingtalk]]                        # or wecom, feishu
# department = "psb"
# address_file = "keys/psb-dingtalk.key"       # the robot's whole address; or address_env = "NAME"
# sign_file = "keys/psb-dingtalk-sign.key"     # where the robot is signed (dingtalk, feishu); or sign_env
# per_minute = 20
# digest = "hourly"                            # yellow and blue: "none", "hourly" or "daily" at digest_at
# digest_at = "09:00"
# quiet = "21:00-08:00"                        # red alone is told then; "" for no quiet hours
# [[delivery.mail]]
# department = "psb"
# host = "smtp.example.gov.cn"
# tls = "starttls"                             # or "implicit"; "none" inside allow_private alone
# from = "yaotong@example.gov.cn"
# to = ["duty@example.gov.cn"]
# user = "yaotong"
# password_file = "keys/mail.key"              # or password_env = "NAME"

[metrics]
# /metrics is for this machine alone, unless a token is set; then everybody needs it. See README 运行.
# token_file = "keys/metrics.key"

[public]
# Citizens' requests that one address may make a minute, counted by each process; 0: no limit.
per_minute = 1200
# Entries of the register older than so many days are shown as "may have changed".
# stale_days = 365
# Counts of stock older than so many hours are not shown as stock.
# stock_hours = 24
# The terms on which the public register is given away, shown with it: an SPDX name, its address, your name.
# licence = "CC-BY-4.0"
# licence_url = "https://…"
# publisher = "…"

# Base maps under the dual map, fetched and kept by this server; none is the default. See README 底图.
# [[basemap]]
# id = "tianditu"
# kind = "tianditu"
# key_env = "YAOTONG_TIANDITU_KEY"
# review_no = "GS(…)…号"
"""
