# Sourced by bin/run, bin/test and bin/bench: makes .venv and installs a lock into it, once per lock.
# Needs python3 (3.11 or newer, with venv), sh, and a package registry; honours pip's own configuration.

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# The first Python that is new enough. PYTHON names another one.
find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    if .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
    python=$(find_python) || fail "vmobility needs Python 3.11 or newer; found: $(python3 --version 2>&1 || true)
Install one, or name it: PYTHON=/path/to/python3.12 $0"
    say "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv || {
        rm -rf .venv
        fail "$python can't make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
    }
}

# pip_setting NAME: what pip is configured to use (an index, a certificate), from its variables or its files.
pip_setting() {
    .venv/bin/python -m pip config list 2>/dev/null | sed -n "s/^[^.]*\.$1='\(.*\)'\$/\1/p" | tail -n 1
}

# pip is the way that always works; uv does the same in a tenth of the time where it can be had.
install_quickly() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bin/uv.txt >/dev/null 2>&1 || return 1
    (
        index=${UV_DEFAULT_INDEX:-$(pip_setting index-url)}
        certificate=${SSL_CERT_FILE:-$(pip_setting cert)}
        if [ -n "$index" ]; then export UV_DEFAULT_INDEX="$index"; fi
        if [ -n "$certificate" ]; then export SSL_CERT_FILE="$certificate"; fi
        export UV_SYSTEM_CERTS=1
        .venv/bin/python -m uv pip install --quiet --no-config --python .venv/bin/python --require-hashes -r "$1" 2>.venv/uv.log
    )
}

# install_lock LOCK: a stamp in .venv remembers what is installed, so that the second time costs nothing.
install_lock() {
    lock=$1
    make_venv
    sum=$(cksum <"$lock")
    stamp=.venv/.installed-$lock
    if [ "$(cat "$stamp" 2>/dev/null || true)" = "$sum" ]; then return; fi
    say "Installing $(grep -c '==' "$lock") packages from $lock"
    if ! install_quickly "$lock"; then
        say "(with pip, which takes a little longer)"
        PYTHONUNBUFFERED=1 .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off \
            --require-hashes -r "$lock" | {
            count=0
            while read -r word rest; do
                case $word in
                Collecting)
                    count=$((count + 1))
                    if [ $((count % 10)) = 0 ]; then say "  $count found"; fi
                    ;;
                Installing) say "  putting them in place" ;;
                esac
            done
        }
        # In a pipe only the last command's status counts, so ask what is there.
        .venv/bin/python -m pip check --quiet || fail "Installing failed; see above. Is a package registry reachable?"
        .venv/bin/python -c 'import django, celery, granian' || fail "Installing failed; see above. Is a package registry reachable?"
    fi
    printf '%s\n' "$sum" >"$stamp"
    # The development lock holds all of the other one, at the same versions.
    if [ "$lock" = requirements-dev.txt ]; then cksum <requirements.txt >.venv/.installed-requirements.txt; fi
}
