"""What is done before a run and after it: words to the user, and the manifest."""

import threading
import time

USUAL_SPEED = 50  # GMAC/s of one core
PATIENCE = 900  # seconds; for a longer run the light preset is named
STARTED = time.time()


def on_start():
    """Keep other runs out of the results; say what will run and what is left out."""
    files = [str(file) for job in workflow.dag.needrun_jobs() for file in job.output]
    try:
        for folder in (R, DATA):
            if any(file.startswith(f"{folder}/") for file in files):
                check_writable(Path(folder))
                claim(Path(folder))
    except (InputError, OSError) as error:
        refuse(str(error))
    where = "GPU" if wants_gpu() else "CPU"
    logger.info(f"cnninvert: preset {config['preset']}, {where}, results in {R}/")
    for sentence in sum(PLAN.left_out.values(), []):
        logger.info(f"cnninvert: {sentence}")
    say_expected_time()
    lift_rate_limit()


def lift_rate_limit():
    """Let local jobs start at any rate.

    Snakemake's limit, 100 jobs a second, starts a timer at each scheduling pass, whose end is
    another pass with a timer of its own, and each job that ends adds one. After a hundred jobs it
    looks at every input a hundred times a second, which takes 15 % of a core. A limit of the
    user's own stays.
    """
    limiter = getattr(workflow.scheduler, "job_rate_limiter", None)
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    usual = limiter and (limit.max_jobs, limit.timespan) == (100, 1)
    if workflow.local_exec and usual:
        workflow.scheduler.job_rate_limiter = None


def say_expected_time():
    """How long the run will take on this machine, if its preset was timed on a CPU like it."""
    from machinery.expected import expect, in_words
    from machinery.speed import Speed, measure

    if wants_gpu() or workflow.remote_exec or not workflow.local_exec:
        return
    # Downloads are as fast as the network, and targets are nothing but lists of files.
    names = [
        job.rule.name
        for job in workflow.dag.needrun_jobs()
        if job.output and not job.rule.name.startswith("download_")
    ]
    cores = workflow.resource_settings.cores or 1
    # Without a file, a preset of another name is the default with a few other settings.
    preset = config["preset"] if workflow.config_settings.configfiles else "default"
    usual = expect(preset, names, cores, Speed(USUAL_SPEED, True))
    if usual is None:
        logger.info(f"cnninvert: no expected time: preset {preset} was not timed.")
        return
    # Measuring takes three seconds, which a run of seconds is not to wait for.
    if usual.seconds < 60:
        return
    if not (here := measure(cores)):
        return
    run = expect(preset, names, cores, here)
    jobs = f"{run.untimed} job{'s' * (run.untimed > 1)}"
    apart = f" and {jobs} of other rules" * (run.untimed > 0)
    settings = ", with the default's settings" * (preset != config["preset"])
    logger.info(
        f"cnninvert: about {in_words(run.seconds)} on {cores} core{'s' * (cores > 1)} of this "
        f"machine ({here.gmacs:.0f} GMAC/s each){settings}, downloads{apart} apart; the longest job, "
        f"{run.rule}, {in_words(run.longest)}."
    )
    if run.seconds > PATIENCE and config["preset"] != "quick":
        logger.info(
            "cnninvert: --configfile presets/quick.yaml makes every target in a few minutes, with "
            "tiny budgets."
        )
    threading.Thread(
        target=say_time_left,
        args=(preset, names, cores, here, run.seconds),
        daemon=True,
    ).start()


def say_time_left(preset, names, cores, speed, seconds):
    """Now and then, as jobs end: the first second's speed is not always that of the run."""
    from machinery.expected import expect_rest, in_words
    from machinery.timings import benchmarks

    while True:
        time.sleep(max(60, seconds / 10))
        ended = benchmarks(R, since=STARTED)
        if rest := expect_rest(preset, names, ended, cores, speed):
            logger.info(f"cnninvert: about {in_words(rest.seconds)} left.")


def manifest_inputs():
    """The files that this preset's results are made from, by their names in the manifest."""
    weights = [
        *map(weights_path, PLAN.weights),
        weights_path("torchvision", "alexnet"),
    ]
    downloads = [CIFAR10, *weights, *LPIPS_NETWORKS]
    files = {path: path for path in downloads if Path(path).is_relative_to(DATA)}
    for name in set(PLAN.weights) & set(config["weights"]["files"]):
        files[f"weights.files.{name}"] = config["weights"]["files"][name]["path"]
    for section, key in (
        ("picture", "file"),
        ("network", "file"),
        ("network", "weights"),
    ):
        if config[section][key]:
            files[f"{section}.{key}"] = config[section][key]
    return {name: Path(expand_path(path)) for name, path in files.items()}


def write_manifest():
    """Write down what is in the preset's folder."""
    from machinery import manifest

    results = Path(R)
    done = filter(workflow.dag.noneedrun_finished, workflow.dag.jobs)
    up_to_date = {
        str(Path(path).relative_to(R))
        for job in done
        for path in job.output
        if Path(path).is_relative_to(R)
    }
    if results.exists():
        try:
            manifest.write_manifest(
                results,
                config,
                inputs=manifest_inputs(),
                photographs=Path(photographs_folder(None)),
                up_to_date=up_to_date,
            )
        except OSError as error:
            logger.error(f"cnninvert: {R}/{manifest.NAME} was not written: {error}")


def report_run():
    """Say where the time went, where the results are, and what to look at first."""
    from machinery.timings import time_table

    write_manifest()
    logger.info(time_table(R, since=STARTED))
    folders = [f"{R}/tables", f"{R}/figures", f"{R}/networks/{NETWORK}"]
    made = [folder for folder in folders if Path(folder).is_dir()]
    logger.info(f"cnninvert: results are in {', '.join(made) or R}.")
    best = [
        *[path for path in files_of("picture") if path.endswith(".png")],
        *[path for path in files_of("figure4") if path.endswith("_known.png")][-1:],
        f"{R}/gallery/index.html",
        f"{R}/figures/fidelity.png",
        f"{R}/tables/fidelity.csv",
    ]
    there = [path for path in best if Path(path).exists()]
    if there:
        logger.info(f"cnninvert: look first at {', '.join(there)}.")
