# SPDX-License-Identifier: MIT
# bash completion for blepair
_blepair() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  case $previous in
  --io) COMPREPLY=($(compgen -W "display display-yesno keyboard keyboard-display none" -- "$current")) && return ;;
  --sc) COMPREPLY=($(compgen -W "prefer only off" -- "$current")) && return ;;
  --confirm) COMPREPLY=($(compgen -W "ask yes no" -- "$current")) && return ;;
  --own-address) COMPREPLY=($(compgen -W "public static rpa" -- "$current")) && return ;;
  --color) COMPREPLY=($(compgen -W "auto always never" -- "$current")) && return ;;
  -c | --controller) COMPREPLY=($(compgen -W "unix: tcp: serial:" -- "$current")) && return ;;
  --init-keys) COMPREPLY=($(compgen -W "enc id sign link none" -- "$current")) && return ;;
  --resp-keys) COMPREPLY=($(compgen -W "enc id sign link none" -- "$current")) && return ;;
  -w | --oob-file | --oob-own | --bond-file | --write) COMPREPLY=($(compgen -f -- "$current")) && return ;;
  esac
  COMPREPLY=($(compgen -W "listen scan info --controller --own-address --io --mitm --no-mitm --sc --passkey --confirm --oob --oob-file --oob-own --no-bond --init-keys --resp-keys --min-key-size --max-key-size --keypress --wait-security-request --security-request --bond-file --reconnect --scan-timeout --timeout --duration --interval --latency --supervision-timeout --name --count --passive --write --json --show-keys --verbose --quiet --color --version --help" -- "$current"))
}
complete -F _blepair blepair
