"""Programs that are wrong: each line that ends in "# error" is one to both type checkers."""

import pulumi

from pulumi_metastudio import (
    File,
    SharedInputs,
    TrainingBatch,
    TrainingJob,
    TrainingJobArgs,
    VoicePropertiesArgs,
    get_training_job,
    get_training_job_output,
    list_training_jobs,
    list_training_jobs_output,
    wait_for,
)

job = TrainingJob("anna", name="Anna")
args = TrainingJobArgs(name="Anna")
batch = TrainingBatch("autumn", manifest="jobs.csv")

# What is required.
TrainingJob("a")  # error
TrainingJob(name="Anna")  # error
TrainingJob("a", tags=["news"])  # error
TrainingJob("a", name=None)  # error
TrainingJob("a", None)  # error
TrainingJobArgs()  # error
TrainingJobArgs(tags=["news"])  # error
TrainingJobArgs(name=None, tags=["news"])  # error
File("anna.mp4")  # error
VoicePropertiesArgs(job_tag="NEWS", sex="FEMALE")  # error
TrainingJob("a", name="Anna", voice_properties={"job_tag": "NEWS", "sex": "FEMALE"})  # error
TrainingBatch("winter")  # error
TrainingJob.get("a")  # error
wait_for(job, target="trained")  # error

# Names that mean nothing.
TrainingJob("a", nam="Anna")  # error
TrainingJob("a", name="Anna", trainig_video="anna.mp4")  # error
TrainingJobArgs(name="Anna", trainig_video="anna.mp4")  # error
TrainingJob.get("a", ident="0123456789abcdef")  # error
TrainingBatch("winter", manifest="jobs.csv", default={})  # error
TrainingBatch("winter", manifest="jobs.csv", defaults={"trainig_video": "anna.mp4"})  # error
shared: SharedInputs = {"tag": ["news"]}  # error
list_training_jobs(nam="Anna")  # error
list_training_jobs_output(nam="Anna")  # error

# Values that are none.
TrainingJob("a", name=3)  # error
TrainingJob("a", name="Anna", deletion_policy="keep")  # error
TrainingJobArgs(name="Anna", deletion_policy="keep")  # error
TrainingJob("a", name="Anna", audio_source_type="SOUND")  # error
TrainingJob("a", name="Anna", model_version="V4")  # error
TrainingJob("a", name="Anna", supported_service=["VIDEO_3D"])  # error
TrainingJob("a", name="Anna", voice_properties=VoicePropertiesArgs(job_tag="PLAY"))  # error
TrainingJob("a", name="Anna", submit="yes")  # error
TrainingJob("a", name="Anna", training_video=5)  # error
TrainingJob("a", name="Anna", opts={"protect": True})  # error
TrainingBatch("winter", manifest="jobs.csv", defaults={"deletion_policy": "keep"})  # error
list_training_jobs_output(sort_dir="up")  # error
list_training_jobs_output(limit="5")  # error
list_training_jobs_output(state=5)  # error
wait_for(job, target="done", timeout="3d")  # error

# One form or the other.
TrainingJob("a", args, name="Anna")  # error
TrainingJob("a", {"name": "Anna"})  # error

# What there is not, and what is no plain value.
print(job.asset)  # error
print(wait_for(job, target="trained", timeout="3d").asset)  # error
print(get_training_job_output(job.id).stat)  # error
print(get_training_job("0123456789abcdef").asset)  # error
print(batch.jobs["anna"].stat)  # error
text: str = job.state  # error
asset: pulumi.Output[str] = wait_for(job, target="trained", timeout="3d").asset_id  # error
