#!/bin/sh
# Finishes the guest's root directory, which mmdebstrap gives as the first argument.
set -eu
root=$1
system=$root/etc/systemd/system

# Every program that starts costs an emulated CPU a good part of a second, so nothing starts that
# a test does not need.
mask() {
    mkdir -p "$1"
    directory=$1
    shift
    for name in "$@"; do
        ln -sf /dev/null "$directory/$name"
    done
}
mask "$system" apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer getty@tty1.service \
    cloud-config.service cloud-init-hotplugd.socket \
    dev-hugepages.mount dev-mqueue.mount proc-sys-fs-binfmt_misc.automount \
    sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount \
    sys-kernel-tracing.mount modprobe@configfs.service modprobe@dm_mod.service \
    modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service modprobe@loop.service \
    systemd-binfmt.service systemd-journal-flush.service systemd-network-generator.service \
    systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-pstore.service \
    systemd-repart.service systemd-update-utmp.service systemd-update-utmp-runlevel.service
mask "$root/etc/systemd/system-generators" cloud-init-generator systemd-cryptsetup-generator \
    systemd-debug-generator systemd-gpt-auto-generator systemd-hibernate-resume-generator \
    systemd-integritysetup-generator systemd-rc-local-generator systemd-run-generator \
    systemd-system-update-generator systemd-sysv-generator systemd-veritysetup-generator
# what cloud-init's generator would do on every cloud that it finds
mkdir -p "$system/multi-user.target.wants"
ln -sf /lib/systemd/system/cloud-init.target "$system/multi-user.target.wants"
# cloud-init's configuration names this one
chroot "$root" systemctl enable systemd-networkd.service

# every guest makes its own
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"

# The boot loader: core.img is written behind the boot sector later. With a grub.cfg earlier, the
# kernel's package would try to update it, and find no disk here.
grub="$root/boot/grub/i386-pc"
mkdir -p "$grub"
cp "$(dirname "$0")/grub.cfg" "$root/boot/grub"
cp "$root"/usr/lib/grub/i386-pc/*.mod "$root"/usr/lib/grub/i386-pc/*.lst "$grub"
cp "$root/usr/lib/grub/i386-pc/boot.img" "$grub"
chroot "$root" grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub/i386-pc/core.img \
    biosdisk part_msdos ext2 search search_label normal configfile linux boot

# nothing has changed since: no service need look whether something has
touch "$root/etc/.updated" "$root/var/.updated"
