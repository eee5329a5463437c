# SPDX-License-Identifier: MIT
# bash completion for blepair, made by scripts/manual.mjs
_blepair() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  case $previous in
  --controller | -c) COMPREPLY=($(compgen -W "hci0 usb: unix: tcp: serial:" -- "$current")) && return ;;
  --own-address) COMPREPLY=($(compgen -W "public static rpa" -- "$current")) && return ;;
  --io) COMPREPLY=($(compgen -W "display display-yesno keyboard keyboard-display none" -- "$current")) && return ;;
  --sc) COMPREPLY=($(compgen -W "prefer only off" -- "$current")) && return ;;
  --method) COMPREPLY=($(compgen -W "just-works numeric passkey oob" -- "$current")) && return ;;
  --confirm) COMPREPLY=($(compgen -W "ask yes no" -- "$current")) && return ;;
  --init-keys) COMPREPLY=($(compgen -W "enc id sign link none" -- "$current")) && return ;;
  --resp-keys) COMPREPLY=($(compgen -W "enc id sign link none" -- "$current")) && return ;;
  --format) COMPREPLY=($(compgen -W "json csv bluez wireshark" -- "$current")) && return ;;
  --color) COMPREPLY=($(compgen -W "auto always never" -- "$current")) && return ;;
  --oob-file | --oob-own | --store | --output | --html | --svg | --keys | --report | --write | -w) COMPREPLY=($(compgen -f -- "$current")) && return ;;
  bonds) COMPREPLY=($(compgen -W "list show export import remove" -- "$current")) && return ;;
  esac
  COMPREPLY=($(compgen -W "listen scan info verify bonds explain batch controllers --controller --take --unblock --keep-root --own-address --io --mitm --no-mitm --sc --method --passkey --confirm --oob --oob-file --oob-own --no-bond --init-keys --resp-keys --min-key-size --max-key-size --keypress --wait-security-request --security-request --store --no-store --replace-bond --all --yes --format --output --html --svg --keys --checks --explain --scan-timeout --timeout --retry --duration --interval --latency --supervision-timeout --name --count --passive --match --run --again --unit-timeout --until --limit --max-failures --links --report --write --json --show-keys --verbose --quiet --color --version --help" -- "$current"))
}
complete -F _blepair blepair
