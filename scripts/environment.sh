# Sourced by the other scripts, which may set `extras` before: the packages beside those that running
# needs ("dev": all that tests and checks need). Creates .venv from the exact versions of
# constraints.txt, and again if they, the extras or the version of Python change. Set PYTHON to choose
# the interpreter.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$root/.venv"
extras=${extras:-dev}

make_environment() {
    local python=${PYTHON:-python3} pins made= stale=
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "Python 3.11 or newer is needed, and '$python' is not. Set PYTHON to another interpreter." >&2
        return 1
    fi
    pins="$("$python" -V) $(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum)"
    [ -f "$venv/.made-from" ] && made=$(cat "$venv/.made-from")
    # An environment for tests has all that running needs.
    [ "$made" = "$pins dev" ] || [ "$made" = "$pins $extras" ] && return 0
    # Packages of another version of Python cannot be used.
    [ -x "$venv/bin/python" ] && [ "$("$venv/bin/python" -V)" != "$("$python" -V)" ] && stale=--clear
    echo "Creating the environment in $venv (once; some minutes) ..." >&2
    "$python" -m venv $stale "$venv" || return 1
    # Install torch first: the other packages then accept the installed version.
    "$venv/bin/pip" install --quiet --disable-pip-version-check \
        "$(grep '^torch==' "$root/constraints.txt")" -c "$root/constraints.txt" >&2 &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check \
            -c "$root/constraints.txt" -e "$root[$extras]" >&2 || return 1
    echo "$pins $extras" >"$venv/.made-from"
}

make_environment || {
    echo "The environment could not be created; see the messages above." >&2
    exit 1
}
export PATH="$venv/bin:$PATH"
