"""Wait until two avatars are trained, and hand their assets on."""

from pathlib import Path

import pulumi

from pulumi_metastudio import TrainingJob, list_training_jobs, wait_for

config = pulumi.Config()
material = Path(config.get("material") or "../material")

jobs = [
    TrainingJob(
        name.lower(),
        name=name,
        batch_name="autumn",
        training_video=material / "training_video.mp4",
        id_card_image1=material / "id_card_image1.jpg",
        id_card_image2=material / "id_card_image2.jpg",
        grant_file=material / "grant_file.jpg",
        deletion_policy="delete",  # a demonstration cleans up after itself
    )
    for name in ("Anna", "Ben")
]

# Both share one list request a round. When a review fails, up fails with the reviewer's reason.
trained = wait_for(jobs, target="trained", timeout=config.get("timeout") or "3d")

# What a job tells is secret as a whole, because it holds a phone number; asset ids are not.
assets = trained.apply(lambda details: {detail.name: detail.asset_id for detail in details})
pulumi.export("assets", pulumi.Output.unsecret(assets))

# Jobs that this program does not manage, read at once.
pulumi.export("newest", [job.name for job in list_training_jobs(sort_dir="desc", limit=5)])
