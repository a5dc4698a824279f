#!/usr/bin/env bash
#
# DevStack plugin: kic-vm in front of the OpenStack that DevStack makes.
#
# Sourced by DevStack for each phase, as ``source plugin.sh <mode> [phase]``. devstack/README.rst
# says how to use it, devstack/settings what can be set.

_XTRACE_KIC_VM=$(set +o | grep xtrace)
set +o xtrace

# Redis
# -----

function kic_vm_redis_service {
    if is_ubuntu; then
        echo redis-server
    else
        echo redis
    fi
}

function install_kic_vm_redis {
    install_package "$(kic_vm_redis_service)"
    start_service "$(kic_vm_redis_service)"
}

# Gateway
# -------

# kic_vm_constraints FILE - OpenStack's constraints hold for everything they name. For the rest,
# FILE gets the versions that kic-vm is tested with. Not of certifi: DevStack with TLS has put its
# own certificates there, which another version would take away again.
function kic_vm_constraints {
    awk -F = '
        BEGIN { known["certifi"] }
        { name = tolower($1); gsub(/[-_.]+/, "-", name) }
        NR == FNR { known[name]; next }
        /^[^#]/ && !(name in known)
    ' "$REQUIREMENTS_DIR/upper-constraints.txt" "$KIC_VM_DIR/constraints.txt" >"$1"
}

function install_kic_vm {
    local constraints
    constraints=$(mktemp)
    kic_vm_constraints "$constraints"
    pip_install -c "$constraints" -e "${KIC_VM_DIR}[notifications]"
    rm -f "$constraints"
}

# The type of the first Cinder backend is also Cinder's default.
function kic_vm_volume_types {
    local first=${CINDER_ENABLED_BACKENDS%%,*}
    echo "${KIC_VM_VOLUME_TYPES:-${first:+SSD:${first##*:}}}"
}

function configure_kic_vm {
    sudo install -d -m 0750 -o "$STACK_USER" "$KIC_VM_CONF_DIR"
    rm -f "$KIC_VM_CONF"
    install -m 0640 /dev/null "$KIC_VM_CONF"
    "$KIC_VM_BIN_DIR/oslo-config-generator" \
        --config-file "$KIC_VM_DIR/etc/kic-vm/config-generator.conf" \
        --output-file "$KIC_VM_CONF.sample"
    "$KIC_VM_BIN_DIR/oslopolicy-sample-generator" \
        --config-file "$KIC_VM_DIR/etc/kic-vm/policy-generator.conf" \
        --output-file "$KIC_VM_CONF_DIR/policy.yaml.sample"

    iniset "$KIC_VM_CONF" DEFAULT debug "$ENABLE_DEBUG_LOG_LEVEL"
    setup_logging "$KIC_VM_CONF"
    iniset "$KIC_VM_CONF" api public_url "$KIC_VM_SERVICE_URI"
    iniset "$KIC_VM_CONF" redis url "$KIC_VM_REDIS_URL"
    iniset "$KIC_VM_CONF" availability_zones zones "$KIC_VM_AVAILABILITY_ZONES"
    iniset "$KIC_VM_CONF" volume type_names "$(kic_vm_volume_types)"

    configure_keystone_authtoken_middleware "$KIC_VM_CONF" kic-vm keystone_authtoken \
        "$KIC_VM_SERVICE_TYPE"
    iniset "$KIC_VM_CONF" keystone_authtoken region_name "$KEYSTONE_REGION_NAME"
    iniset "$KIC_VM_CONF" keystone_authtoken service_token_roles service
    iniset "$KIC_VM_CONF" keystone_authtoken service_token_roles_required True
    configure_keystoneauth "$KIC_VM_CONF" kic-vm service_user
    iniset "$KIC_VM_CONF" service_user send_service_user_token True
    if [[ -f "$SSL_BUNDLE_FILE" ]]; then
        iniset "$KIC_VM_CONF" service_user cafile "$SSL_BUNDLE_FILE"
    fi
    local service
    for service in nova cinder glance neutron keystone; do
        iniset "$KIC_VM_CONF" "$service" region_name "$REGION_NAME"
        iniset "$KIC_VM_CONF" "$service" valid_interfaces public
    done
    iniset "$KIC_VM_CONF" keystone region_name "$KEYSTONE_REGION_NAME"

    local port=$KIC_VM_SERVICE_PORT
    if is_service_enabled tls-proxy; then
        port=$KIC_VM_SERVICE_PORT_INT
        iniset "$KIC_VM_CONF" oslo_middleware enable_proxy_headers_parsing True
    fi
    write_uwsgi_config "$KIC_VM_UWSGI_CONF" "$KIC_VM_UWSGI" "" "$SERVICE_LISTEN_ADDRESS:$port" \
        kic-vm-api
    iniset "$KIC_VM_UWSGI_CONF" uwsgi threads "$KIC_VM_API_THREADS"
    # Without an application uWSGI would run on, and answer everything with an error.
    iniset "$KIC_VM_UWSGI_CONF" uwsgi need-app true
}

# An image can be made of a volume that is in use, as the clients expect.
function configure_kic_vm_cinder {
    if is_service_enabled c-api; then
        iniset "$CINDER_CONF" DEFAULT enable_force_upload True
    fi
}

# The worker follows what happens to instances and volumes. Nova's conductors send the notifications
# about instances, so each of them needs the options.
function configure_kic_vm_notifications {
    local url file cell
    url=$(get_notification_url)
    iniset "$KIC_VM_CONF" history transport_url "$url"
    if is_service_enabled nova; then
        local files=("$NOVA_CONF")
        for ((cell = 1; cell <= ${NOVA_NUM_CELLS:-0}; cell++)); do
            files+=("$(conductor_conf "$cell")")
        done
        for file in "${files[@]}"; do
            if [[ -f "$file" ]]; then
                iniset "$file" notifications notify_on_state_change vm_and_task_state
                iniset "$file" notifications notification_format both
                kic_vm_add_topic "$file" notifications versioned_notifications_topics \
                    versioned_notifications
                kic_vm_send_notifications "$file" "$url"
            fi
        done
    fi
    if is_service_enabled cinder; then
        kic_vm_add_topic "$CINDER_CONF" oslo_messaging_notifications topics notifications
        kic_vm_send_notifications "$CINDER_CONF" "$url"
    fi
}

# kic_vm_send_notifications FILE URL - also if DevStack has turned them off
function kic_vm_send_notifications {
    iniset "$1" oslo_messaging_notifications driver messagingv2
    iniset "$1" oslo_messaging_notifications transport_url "$2"
}

# kic_vm_add_topic FILE SECTION OPTION DEFAULT - the topic of kic-vm, after those of other consumers
function kic_vm_add_topic {
    local topics
    topics=$(iniget "$1" "$2" "$3")
    if [[ ",$topics," != *,kic_vm,* ]]; then
        # Without another consumer, nobody would empty the default topic.
        if [[ -z "$topics" ]] && ! is_service_enabled ceilometer; then
            iniset "$1" "$2" "$3" kic_vm
        else
            iniset "$1" "$2" "$3" "${topics:-$4},kic_vm"
        fi
    fi
}

# create_kic_vm_accounts - The gateway's user, the roles of a project, and who has them.
#
# Project     User            Roles
# ---------------------------------------------
# service     kic-vm          service, admin
# demo        demo_manager    manager: the project's admin
function create_kic_vm_accounts {
    create_service_user kic-vm admin
    local role
    for role in manager member reader; do
        get_or_create_role "$role"
    done
    # The project's name would not do: there may be one in another domain.
    get_or_create_user demo_manager "$ADMIN_PASSWORD" default demo_manager@example.com
    get_or_add_user_project_role manager demo_manager demo default default
}

function create_kic_vm_endpoint {
    local service
    service=$(get_or_create_service kic-vm "$KIC_VM_SERVICE_TYPE" "KakaoCloud VM API")
    get_or_create_endpoint "$service" "$REGION_NAME" "$KIC_VM_SERVICE_URI"
}

function create_kic_vm_flavors {
    local flavor name vcpus ram
    for flavor in $KIC_VM_FLAVORS; do
        IFS=: read -r name vcpus ram <<<"$flavor"
        if openstack --os-cloud devstack-admin flavor show "$name" >/dev/null 2>&1; then
            continue
        fi
        # Without a disk of their own, as instances begin with a volume. What is not said here, the
        # name says.
        openstack --os-cloud devstack-admin flavor create "$name" \
            --vcpus "$vcpus" --ram "$ram" --disk 0 \
            --property kic:instance_type=vm \
            --property kic:processor=virtual \
            --property kic:architecture="$(uname -m)" \
            --property kic:maximum_network_interfaces=4 \
            --property kic:is_hyper_threading_supported=false \
            --property kic:is_hyper_threading_disable_supported=false
    done
}

function start_kic_vm {
    run_process kic-vm-api \
        "$(which uwsgi) --procname-prefix kic-vm-api --ini $KIC_VM_UWSGI_CONF" \
        "" "" "KIC_VM_CONFIG=$KIC_VM_CONF"
    if is_service_enabled kic-vm-api; then
        if is_service_enabled tls-proxy; then
            start_tls_proxy kic-vm '*' "$KIC_VM_SERVICE_PORT" \
                "$KIC_VM_SERVICE_HOST" "$KIC_VM_SERVICE_PORT_INT"
        fi
        local check
        for check in healthcheck readiness; do
            test_with_retry \
                "$CURL_GET -k --noproxy '*' -s -f -o /dev/null $KIC_VM_SERVICE_URI/$check" \
                "kic-vm-api does not pass $KIC_VM_SERVICE_URI/$check" "$SERVICE_TIMEOUT" 1
        done
    fi
    run_process kic-vm-worker "$KIC_VM_BIN_DIR/kic-vm-worker --config-file $KIC_VM_CONF"
}

function stop_kic_vm {
    stop_process kic-vm-worker
    stop_process kic-vm-api
}

function cleanup_kic_vm {
    remove_uwsgi_config "$KIC_VM_UWSGI_CONF" kic-vm-api
    sudo rm -rf "$KIC_VM_CONF_DIR"
}

# Integration tests
# -----------------

# kic_vm_cloud NAME USER PROJECT - An entry of the clouds.yaml that DevStack writes.
function kic_vm_cloud {
    local ca_cert=()
    if [[ -f "$SSL_BUNDLE_FILE" ]]; then
        ca_cert=(--os-cacert "$SSL_BUNDLE_FILE")
    fi
    $PYTHON "$TOP_DIR/tools/update_clouds_yaml.py" \
        --file "$OPENSTACKCLIENT_CONF_DIR/clouds.yaml" \
        --os-cloud "$1" \
        --os-region-name "$REGION_NAME" \
        "${ca_cert[@]}" \
        --os-auth-url "$KEYSTONE_SERVICE_URI" \
        --os-username "$2" \
        --os-password "$ADMIN_PASSWORD" \
        --os-project-name "$3"
}

# The names that tests/integration looks for; but for demo_manager they are users of DevStack's.
function write_kic_vm_clouds {
    kic_vm_cloud kic-admin demo_manager demo
    kic_vm_cloud kic-member demo demo
    kic_vm_cloud kic-reader demo_reader demo
    kic_vm_cloud kic-other alt_demo_member alt_demo
    kic_vm_cloud kic-operator admin admin
}

# Phases
# ------

if is_service_enabled kic-vm-api kic-vm-worker; then
    case "$1 $2" in
        "stack pre-install")
            if [[ "$KIC_VM_INSTALL_REDIS" == "True" ]]; then
                echo_summary "Installing Redis for kic-vm"
                install_kic_vm_redis
            fi
            ;;
        "stack install")
            echo_summary "Installing kic-vm"
            install_kic_vm
            ;;
        "stack post-config")
            echo_summary "Configuring kic-vm"
            create_kic_vm_accounts
            create_kic_vm_endpoint
            configure_kic_vm
            configure_kic_vm_cinder
            configure_kic_vm_notifications
            ;;
        "stack extra")
            echo_summary "Starting kic-vm"
            create_kic_vm_flavors
            start_kic_vm
            ;;
        "stack test-config")
            echo_summary "Writing kic-vm's test clouds"
            write_kic_vm_clouds
            ;;
        "unstack "*)
            stop_kic_vm
            ;;
        "clean "*)
            cleanup_kic_vm
            ;;
    esac
fi

$_XTRACE_KIC_VM
