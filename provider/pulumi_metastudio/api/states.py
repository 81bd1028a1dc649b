"""The states of a training job, what the console calls them, and who must act.

Sources: the vendor's list page of 2025-12-08 (groups and 53 states), the older list page
(WAIT_MASK_UPLOAD) and the enumeration of the vendor's PHP client (seven brightening states).
The service adds states without notice (21 in 2024-01, 61 in 2025-11), so every function here
takes any text: an unknown state is in progress, and not ours to act on.
"""

from __future__ import annotations

WAIT_FILE_UPLOAD = "WAIT_FILE_UPLOAD"
AUTO_VERIFY_FAILED = "AUTO_VERIFY_FAILED"
MANUAL_VERIFY_FAILED = "MANUAL_VERIFY_FAILED"
WAIT_USER_CONFIRM = "WAIT_USER_CONFIRM"
JOB_SUCCESS = "JOB_SUCCESS"
JOB_FINISH = "JOB_FINISH"
JOB_PENDING = "JOB_PENDING"

#: The review said no, and the user is to mend the material.
REVIEW_FAILED = frozenset({AUTO_VERIFY_FAILED, MANUAL_VERIFY_FAILED})

#: The material can still be changed in place; nothing has been trained or billed.
EDITABLE = REVIEW_FAILED | {WAIT_FILE_UPLOAD}

#: A paid model exists; deleting the job would take it along.
TRAINED = frozenset({WAIT_USER_CONFIRM, JOB_SUCCESS, JOB_FINISH})

#: The delete page's list of states in which a job may be deleted.
DELETABLE = frozenset(
    {
        WAIT_FILE_UPLOAD,
        AUTO_VERIFY_FAILED,
        "MANUAL_VERIFYING",
        MANUAL_VERIFY_FAILED,
        "TRAINING_DATA_PREPROCESS_FAILED",
        "TRAIN_FAILED",
        "INFERENCE_DATA_PREPROCESS_FAILED",
        JOB_SUCCESS,
        WAIT_USER_CONFIRM,
        "JOB_REJECT",
        JOB_FINISH,
    }
)

_TRAINING = "Algorithm training ongoing"

_CONSOLE = {
    WAIT_FILE_UPLOAD: "To be submitted",
    "AUTO_VERIFYING": "Auto reviewing...",
    "MANUAL_VERIFYING": "Auto reviewing...",
    AUTO_VERIFY_FAILED: "Failed the auto review",
    MANUAL_VERIFY_FAILED: "Failed the auto review",
    WAIT_USER_CONFIRM: "To be reviewed by users",
    "JOB_REJECT": "Rejected by users",
    JOB_SUCCESS: "Completed",
    JOB_FINISH: "Completed",
    JOB_PENDING: "Suspended",
}

# Administrators handle these; the console shows them all as one ongoing training, failures too.
_BEHIND_THE_SCENES = """
MANUAL_VERIFY_SUCCESS WAIT_TRAINING_DATA_PREPROCESS TRAINING_DATA_PREPROCESSING
TRAINING_DATA_PREPROCESS_SUCCESS TRAINING_DATA_PREPROCESS_FAILED
MANUAL_STOP_TRAINING_DATA_PREPROCESS TRAINING TRAIN_SUCCESS TRAIN_FAILED MANUAL_STOP_TRAIN
INFERENCE_DATA_PREPROCESSING INFERENCE_DATA_PREPROCESS_FAILED
MANUAL_STOP_INFERENCE_DATA_PREPROCESS WAIT_MASK_UPLOAD WAIT_MAIN_FILE_UPLOAD WAIT_ADMIN_CONFIRM
WAIT_COMPILE COMPILING COMPILE_FAILED WAIT_GENERATE_ACTION ACTION_GENERATE_DATA_PROCESSING
ACTION_GENERATE_DATA_FAILED MANUAL_STOP_ACTION_GENERATE_DATA_PROCESSING
GENERATE_ACTION_PREPROCESS_FAILED WAIT_ARRANGE ACTION_GENERATE_ORI_PROCESSING
ACTION_GENERATE_ORI_SUCCESS ACTION_GENERATE_ORI_FAILED MANUAL_STOP_ACTION_GENERATE_ORI_PROCESSING
WAIT_ADMIN_CALIBRATION WAIT_ASSET_SYNC WAIT_GENERATE_ACTION_MARK ACTION_MARKING
ACTION_MARK_SUCCESS ACTION_MARK_UPLOADED ACTION_MARK_FAILED MANUL_STOP_ACTION_MARK
VIDEO_ANALYZE_PROCESSING VIDEO_ANALYZE_SUCCESS VIDEO_ANALYZE_FAILED WAIT_TEST_VIDEO_CHECK
TEST_VIDEO_CHECK_PROCESSING TEST_VIDEO_CHECK_SUCCESS TEST_VIDEO_CHECK_FAILED WAIT_BEAUTY
BEAUTYFACE_ROCESSING BEAUTYFACE_SUCCESS BEAUTYFACE_FAILED WAIT_BEAUTY_VIDEO_FILE_UPLOAD
BEAUTY_VIDEO_FILE_UPLOADED MANUAL_STOP_BEAUTY_PREPROCESS
""".split()

#: All 61 states that any document or vendor client names.
KNOWN = frozenset(_CONSOLE) | frozenset(_BEHIND_THE_SCENES)


def console_status(state: str) -> str:
    """The console's word for ``state``; any state the console does not group is in training.

    The words are the headings of the list page, letter by letter. Two of them cover people's work
    too: MANUAL_VERIFYING is "Auto reviewing..." there, and MANUAL_VERIFY_FAILED "Failed the auto
    review". ``state`` tells which it was.
    """
    return _CONSOLE.get(state, _TRAINING)
