# What the install scripts share: a word to the reader, a command as root, packages by apt-get.
say() { printf '%s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1; fi
}

# Never fails: who asked looks afterwards whether what it wanted is there, and says the remedy.
apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 0
    say "正在用 apt-get 安装 $* ……"
    { as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null; } >&2 || true
}
