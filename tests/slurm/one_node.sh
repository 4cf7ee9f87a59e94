#!/usr/bin/env bash
# A Slurm of this machine alone, for the tests: three CPUs, and a GPU that is only a name.
#   tests/slurm/one_node.sh start     installs Slurm and starts it; does nothing when it runs
#   tests/slurm/one_node.sh status    says why it does not run
#   tests/slurm/one_node.sh stop      ends it and removes its folder
# Its folder lies in /run, so it leaves nothing behind in /etc and is gone when the machine restarts.
# Where Slurm is configured already, that one is left alone, and this one does not start.
set -euo pipefail

folder=/run/cnninvert-slurm
link=/run/slurm/conf        # where Slurm's programs look when there is no /etc/slurm/slurm.conf
host=$(hostname -s)
PATH=$PATH:/usr/sbin:/sbin

refuse() {
    echo "tests/slurm/one_node.sh: $1" >&2
    exit 1
}

check() {
    [ "$(id -u)" = 0 ] || refuse "only root can start a Slurm for the tests."
    [ -e /etc/debian_version ] || refuse "this system is neither Debian nor Ubuntu."
    for other in "${SLURM_CONF:-}" /etc/slurm/slurm.conf /etc/slurm-llnl/slurm.conf; do
        [ ! -e "$other" ] || refuse "$other configures a Slurm, which is left alone."
    done
    [ ! -e $link ] || [ "$(readlink $link)" = $folder ] || refuse "$link configures a Slurm, which is left alone."
}

runs() {
    [ -e $link ] && timeout 5 sinfo --noheader --format=%t 2>/dev/null | grep -qE "^(idle|mix|alloc)$"
}

install_slurm() {
    command -v slurmctld slurmd munged >/dev/null && return
    export DEBIAN_FRONTEND=noninteractive
    echo "Installing slurm-wlm and munge ..." >&2
    { timeout 120 apt-get update -qq && timeout 300 apt-get install -y -qq --no-install-recommends slurm-wlm munge; } >/dev/null 2>&1 ||
        refuse "apt-get cannot install slurm-wlm and munge."
}

configure() {
    mkdir -p $folder/{state,spool} $(dirname $link)
    install -d -m 755 -o munge -g munge $folder/munge
    head -c 1024 /dev/urandom >$folder/munge/key
    chown munge: $folder/munge/key && chmod 400 $folder/munge/key
    cat >$folder/slurm.conf <<END
ClusterName=cnninvert
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# The node is what is written here, on a machine with fewer CPUs or less memory too.
SlurmdParameters=config_overrides
# A machine that stands still for minutes loses neither its node nor what has become of a job:
# Snakemake asks squeue, and waits forever for a job that it no longer lists.
MinJobAge=86400
JobRequeue=0
SlurmdTimeout=1800
ReturnToService=2
UnkillableStepTimeout=900
MessageTimeout=100
TCPTimeout=30
BatchStartTimeout=300
GresTypes=gpu
# Three CPUs: while a test holds a stopped job on one, which only its successor ends, another test's
# job of two must not be in the way of that successor.
NodeName=$host NodeAddr=127.0.0.1 CPUs=3 RealMemory=64000 Gres=gpu:1
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE
END
    echo "NodeName=$host Name=gpu File=/dev/null" >$folder/gres.conf
    ln -sfn $folder $link
}

stop() {
    local name pid
    for name in slurmd slurmctld munge/munged; do
        [ -e $folder/$name.pid ] || continue
        pid=$(cat $folder/$name.pid)
        while kill "$pid" 2>/dev/null; do sleep 0.1; done
    done
    [ "$(readlink $link)" != $folder ] || rm $link
    rm -rf $folder
}

start() {
    check
    runs && return
    install_slurm
    stop
    configure
    cd $folder
    runuser -u munge -- munged --key-file=munge/key --socket=munge/socket \
        --pid-file=$folder/munge/munged.pid --log-file=munge/log --seed-file=munge/seed
    slurmctld -f $folder/slurm.conf
    slurmd -f $folder/slurm.conf -N "$host"
    for _ in $(seq 100); do
        runs && return
        sleep 0.2
    done
    refuse "Slurm did not start; its logs are in $folder."
}

case "${1:-}" in
start) start ;;
stop) stop ;;
status) check && { runs || refuse "no Slurm runs; start one with tests/slurm/one_node.sh start."; } ;;
*) refuse "say start, status or stop." ;;
esac
