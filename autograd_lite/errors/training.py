"""Texts of training."""

from __future__ import annotations

TRAIN_BATCH = (
    "a batch is of type {given}, and not a tuple of inputs and targets. Write "
    "DataLoader(TensorDataset(x, y), batch_size=32), or Trainer(..., forward=f) with def f(model, batch): "
    "return output, target"
)
TRAIN_EPOCHS = (
    "epochs={epochs} are to be done in all, and {done} are. Write epochs={more}, or fit(..., resume=True) to leave "
    "what is done as it is"
)
TRAIN_NO_BATCHES = (
    "the loader has no batches in epoch {epoch}. Write a DataLoader or a list of batches, which a for loop may go "
    "over again and again, and no iterator"
)
TRAIN_NO_EXAMPLES = "there is nothing to {what}: the loader has no batches. Write a loader with at least one"
TRAIN_FINITE = (
    "the loss is nan or infinite in step {step}, batch {batch} of epoch {epoch}. Nothing was changed by this step. "
    "Write `with ag.debug(): trainer.fit(...)`, without compile=, to see which operation makes it, and a smaller lr= "
    "or clip=1.0 against it; check_finite=False lets it pass"
)
TRAIN_LOSS_FINITE = "the loss is nan or infinite. Write `with ag.debug():` around it to see which operation makes it"
TRAIN_MONITOR = (
    "{who} goes by {name!r}, and an epoch has {columns}. Write monitor= one of these, and fit(..., validation=loader) "
    "for those that begin with val_"
)
TRAIN_METRICS = (
    "{setting}= has another value for {name!r}, of which a report has one. Write names of your own, as "
    "{setting}={{'first': f, 'second': g}}"
)
TRAIN_WHOLE = (
    "train_metrics= are means over the batches of an epoch, and {name!r} takes all examples at once. Write it in "
    "metrics=, and fit(..., validation=loader)"
)
TRAIN_SUMS = (
    "the checkpoint is of the middle of an epoch, with train_metrics {before}, and this trainer has {now}. Write "
    "train_metrics= as before until the epoch is over"
)
TRAIN_PLATEAU = "ReduceLROnPlateau goes by what is known after an epoch. Write schedule_on='epoch'"
TRAIN_LBFGS = (
    "LBFGS evaluates the loss several times in a step, of one batch. Write accumulate=1 and a larger batch, or another "
    "optimiser"
)
TRAIN_RESUME = "resume=True without checkpoints. Write Trainer(..., checkpoint='folder')"
TRAIN_OTHERS = (
    "{folder} has checkpoints of another training, the newest of step {step}. Write fit(..., resume=True) to go on "
    "with it, another folder, or delete them"
)
TRAIN_DAMAGED = (
    "{folder} has checkpoints, and none that is whole: {reason}. Write another folder, or delete them to begin anew"
)
TRAIN_PASSED_OVER = (
    "{file} is damaged, and the checkpoint before it is taken: {reason}. Write Checkpoints(folder, keep=5) for more to "
    "fall back on"
)
TRAIN_EVERY = (
    "checkpoints every {every} steps need a loader that says where it stands, and {loader} has no state_dict(). Write "
    "ag.data.DataLoader(dataset, ...), a list of batches, or Checkpoints(folder) for the ends of epochs"
)
TRAIN_PLACE = (
    "the state was saved in the middle of an epoch, and {loader} has no load_state_dict() to go on from there. Write "
    "the loader that there was"
)
TRAIN_GENERATORS = (
    "the random generators that are found are not those that were saved: {odd}. Write the same model, loaders, "
    "functions and generators= as before"
)
TRAIN_STATE = (
    "the state does not fit this trainer, and nothing was changed: {reason}. Write the trainer as it was then"
)
TRAIN_LOG = (
    "{file} is the log of another training. Write fit(..., resume=True) to go on with that, another name, or delete it"
)
TRAIN_SCORES = (
    "{metric}() takes scores for each class, (examples, classes) and more axes, and was given shape {shape}. Write "
    "binary_accuracy for one score for each example"
)
TRAIN_MEAN = "{metric}() compares shapes {first} and {second}, which are not equal. Write target.reshape(output.shape)"
TRAIN_COLUMN = "the history has no column {name!r}. Write one of {columns}"
