#!/usr/bin/env bash
# Debian packages that some tests need; without them those tests are skipped, which pytest says.
#   mesa-vulkan-drivers  lavapipe, a Vulkan device in software, for what runs on Vulkan
#   chromium, nodejs     a browser and its steering, for the page that `axir viz` writes
set -euo pipefail
packages=(mesa-vulkan-drivers chromium)
command -v node >/dev/null || packages+=(nodejs)
missing=()
for package in "${packages[@]}"; do
  dpkg --status "$package" >/dev/null 2>&1 || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
