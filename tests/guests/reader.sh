# shellcheck shell=bash
# What a reader of the guides does beside pasting their commands: a key and a security group for
# every instance, a public IP, and the login. The variables in capitals are set by the test.

eval "$(declare -f kic | sed '1s/kic/kic_as_written/')"

kic() {
    local body=${3:-}
    if [ "$1 $2" = "POST /instances" ] && [ "$TOKEN" != "${OTHER_TOKEN:-}" ]; then
        body=$(jq -c '.instance |= ({key_name: env.READER, security_groups: [{name: env.READER}]} + .)' \
            "${body#@}")
    fi
    kic_as_written "$1" "$2" ${body:+"$body"}
}

ssh() {
    local end
    end=$((SECONDS + LOGIN_SECONDS))
    until command ssh -o ConnectTimeout=8 "${SSH_OPTIONS[@]}" "$@" true </dev/null 2>ssh-error; do
        if [ $SECONDS -gt $end ]; then
            cat ssh-error >&2
            return 1
        fi
        sleep 2
    done
    rm -f ssh-error
    command ssh "${SSH_OPTIONS[@]}" "$@" "${IN_GUEST:-echo "logged in as \$(whoami)"}"
}

public_ip() {
    local interface
    ADDRESS=$(kic GET "/instances/$INSTANCE" | jq -r '.instance.addresses[0].public_ip')
    if [ "$ADDRESS" = null ]; then
        interface=$(kic GET "/instances/$INSTANCE" |
            jq -r '.instance.addresses[0].network_interface_id')
        ADDRESS=$(TOKEN=$READERS_ADMIN_TOKEN kic POST \
            "/instances/$INSTANCE/network-interfaces/$interface/public-ips" | jq -r .public_ip.public_ip)
    fi
}

# Run what stands in the input in the guest; commands that fail are named.
in_guest() {
    local trap="trap 'echo \"failed: \$BASH_COMMAND\"' ERR"
    public_ip
    { echo "$trap" && cat; } | IN_GUEST="bash -s" ssh -i "$READERS_KEY" "$GUEST_USER@$ADDRESS"
}
