"""Jobs from a table that people keep in a spreadsheet; a row more is a job more."""

import pulumi

from pulumi_metastudio import TrainingBatch

config = pulumi.Config()

batch = TrainingBatch(
    "autumn",
    # Files in the table are relative to the table's folder.
    manifest=config.get("manifest") or "jobs.csv",
    # What all jobs have in common, and what belongs in no table: a phone number is personal.
    #   metastudio config set --secret contact
    defaults={
        "contact": config.get_secret("contact"),
        "deletion_policy": "delete",  # a demonstration cleans up after itself
    },
)

pulumi.export("batch_name", batch.batch_name)
pulumi.export("job_ids", batch.job_ids)
pulumi.export("states", {name: job.state for name, job in batch.jobs.items()})
