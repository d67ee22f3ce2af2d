# zsh_offers.zsh SCRIPT LINE: what zsh offers for the line, one a line, by way of a shell in a terminal of its own.
rm -f $HOME/offers $HOME/finished
zmodload zsh/zpty
zpty offers zsh -f -i
send() { zpty -w offers "$1" }
send "PROMPT=; autoload -U compinit; compinit -u -d $HOME/dump; source $1"
# Instead of inserting them, the words are printed between marks.
send 'compadd() {
    local -a found
    builtin compadd -A found "$@" 2>/dev/null
    builtin compadd -O found "$@" 2>/dev/null
    print -rl -- "" "${found[@]/#/offer:}" "offer:${^found[@]}" >>$HOME/offers
    builtin compadd "$@"
}'
send 'bindkey "^I" complete-word; zle -C show complete-word show-all; show-all() { _main_complete; print done >>$HOME/finished; compstate[insert]=; }; bindkey "^X" show'
zpty -w -n offers "$2"$'\C-x'
for wait in {1..100}; do
    [[ -e $HOME/finished ]] && break
    sleep 0.05
done
zpty -d offers
sed -n 's/^offer://p' $HOME/offers 2>/dev/null | sort -u
