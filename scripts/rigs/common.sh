# Sourced by the rigs: where things lie, how a rig speaks, and what it fetches.
# shellcheck shell=bash
#
# A rig builds what it needs once, in .cache/rigs, each piece under a stamp of what it was made of, and then only runs. What it
# leaves out it says in a line that begins with SKIPPED, and again at its end; a rig that could prove nothing at all fails.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/scripts/rigs
cache=$root/.cache/rigs
# shellcheck disable=SC2034  # for those who source this
rig=$(basename "$0")
skipped=()
mkdir -p "$cache"

say() { echo "$rig: $*" >&2; }
fail() {
  say "FAILED: $*"
  exit 1
}
# skip WHAT WHY…
skip() {
  skipped+=("$1: ${*:2}")
  say "SKIPPED $1: ${*:2}"
}

# The last words of a rig: what it showed and what it did not.
closing() {
  local line
  say "$*"
  for line in "${skipped[@]}"; do say "SKIPPED $line"; done
}

# Chroots, mounts and loop devices are for root; nothing is written outside .cache/rigs.
need_root() {
  [ "$(id -u)" -eq 0 ] || fail "needs root for $*; run it with: sudo make …"
}

# need TOOL PACKAGE: installs what lacks, once, as scripts/setup does.
need() {
  command -v "$1" >/dev/null || wanting+=("$2")
}
install_needs() {
  [ ${#wanting[@]} -gt 0 ] || return 0
  say "installing ${wanting[*]}"
  command -v apt-get >/dev/null || fail "this is no Debian: install what corresponds to ${wanting[*]}"
  apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends "${wanting[@]}" >&2 ||
    { apt-get update -q >&2 && apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends "${wanting[@]}" >&2; } ||
    fail "apt-get could not install ${wanting[*]}"
  wanting=()
}
wanting=()

# Debian's own sources as this system has them, for mmdebstrap: one argument each.
debian_sources() {
  local file found=()
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    [ -s "$file" ] && found+=("$file")
  done
  [ ${#found[@]} -gt 0 ] || fail "no Debian sources in /etc/apt; the rigs' file systems are made from them"
  printf '%s\n' "${found[@]}"
}
suite() {
  local name
  name=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ "$name" = bookworm ] || fail "the rigs are made for Debian 12 (bookworm), this is ${name:-unknown}"
  echo "$name"
}

# stamped STAMP-FILE TEXT: whether a piece was made of just this.
stamped() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

seconds() { echo $(($(date +%s) - $1)); }

# apt_state ARCH: fills the array `apt` with options for a private apt that knows one architecture; the system's own is not touched.
apt_state() {
  local dir=$cache/apt-$1
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
  : >"$dir/status"
  apt=(-q -o "Dir::State=$dir" -o "Dir::State::lists=$dir/lists" -o "Dir::State::status=$dir/status" -o "Dir::Cache=$dir/cache"
    -o "APT::Architecture=$1" -o "APT::Architectures=$1" -o "Dir::Etc::sourceparts=$dir/sources.d" -o Dir::Etc::sourcelist=/dev/null
    -o APT::Sandbox::User=root)
  mkdir -p "$dir/sources.d"
  local file
  for file in $(debian_sources); do cp "$file" "$dir/sources.d/"; done
  mv "$dir/sources.d/sources.list" "$dir/sources.d/system.list" 2>/dev/null || true
  # A list older than a day may name files that are gone.
  if [ -z "$(find "$dir/lists" -maxdepth 1 -name '*Packages*' -mmin -1440 -print -quit)" ]; then
    apt-get "${apt[@]}" update >&2 || fail "apt-get update for $1 failed"
    find "$dir/lists" -maxdepth 1 -name '*Packages*' -exec touch {} +
  fi
}

# unpack ARCH FOLDER PACKAGE…: Debian packages, unpacked and not installed.
unpack() {
  local arch=$1 into=$2 debs apt
  shift 2
  apt_state "$arch"
  debs=$(mktemp -d "$cache/debs.XXXXXX")
  (cd "$debs" && apt-get "${apt[@]}" download "$@" >&2) || fail "apt-get could not download $* for $arch"
  mkdir -p "$into"
  local deb
  for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$into"; done
  rm -rf "$debs"
}
