#!/usr/bin/env bash
#
# Drives the plugin by DevStack's own functions, as stack.sh, unstack.sh and clean.sh do.
#
# phases.sh MODE [PHASE...], with PLACE, where everything is, in the environment

# shellcheck disable=SC1091,SC2034  # DevStack is elsewhere, and reads what is set here

set -o errexit

export TOP_DIR=$PLACE/devstack
cd "$TOP_DIR"
source "$TOP_DIR/functions"
source "$TOP_DIR/stackrc"
FILES=$TOP_DIR/files
SYSTEMD_DIR=$PLACE/systemd
SYSTEMCTL="$PLACE/bin/python $PLACE/bin/systemctl.py"
OPENSTACKCLIENT_CONF_DIR=$PLACE/etc/openstack

# Not DevStack's own: the package installer, what starts the distribution's services, and root's
# view of /etc.

function note {
    echo "$*" >>"$PLACE/installed"
}

function install_package {
    note package "$@"
}

function pip_install {
    note pip "$@"
    cp "$2" "$PLACE/constraints"
}

function start_service {
    note service "$@"
}

function systemd-tmpfiles {
    note tmpfiles "$@"
}

function sudo {
    "${@/#\/etc\//$PLACE/etc/}"
}

GetDistro
run_phase override_defaults
source "$TOP_DIR/lib/infra"
source "$TOP_DIR/lib/libraries"
source "$TOP_DIR/lib/apache"
source "$TOP_DIR/lib/tls"
source "$TOP_DIR/lib/keystone"
source "$TOP_DIR/lib/glance"
note limit "$GLANCE_LIMIT_IMAGE_SIZE_TOTAL"
SSL_BUNDLE_FILE=$DATA_DIR/ca-bundle.pem
CINDER_CONF=$PLACE/etc/cinder.conf
KEYSTONE_SERVICE_URI=$STANDALONE_KEYSTONE
run_phase source
setup_devstack_virtualenv

function echo_summary {
    echo "$@" >&3
}

exec 3>>"$PLACE/summary"
set -o xtrace
mode=$1
shift
for phase in "${@:-}"; do
    echo "phase $mode $phase" >&3
    run_phase "$mode" "$phase"
done
