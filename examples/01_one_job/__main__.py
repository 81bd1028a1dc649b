"""One training job: a video, both sides of the ID card, a letter of authorisation."""

from pathlib import Path

import pulumi

from pulumi_metastudio import TrainingJob

# Paths are relative to this folder. `make up` generates this sample material;
# with a job of your own, point the configuration at your folder:
#   metastudio config set material /path/to/material
material = Path(pulumi.Config().get("material") or "../material")

avatar = TrainingJob(
    "anna",
    name="Anna, news desk",
    tags=["newsroom", "2026"],
    contact="13800138000",  # personal data: encrypted in state, hidden in every output
    training_video=material / "training_video.mp4",
    id_card_image1=material / "id_card_image1.jpg",
    id_card_image2=material / "id_card_image2.jpg",
    grant_file=material / "grant_file.jpg",
    cover=material / "cover.png",
    # A demonstration cleans up after itself. The default, "retain-trained", keeps a job whose
    # model has been trained and paid for when the stack is destroyed.
    deletion_policy="delete",
)

pulumi.export("job_id", avatar.job_id)
pulumi.export("state", avatar.state)
pulumi.export("console_status", avatar.console_status)
pulumi.export("fingerprints", avatar.fingerprints)
