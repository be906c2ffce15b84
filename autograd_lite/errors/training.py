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
TRAIN_NUMBER = (
    "{name!r} has given something of {given}, and no number. Write a function of outputs and targets that returns one, "
    "as float(np.mean(...))"
)
TRAIN_METRIC = (
    "{setting}= is given {given}, which is no function of outputs and targets. Write {setting}=[ag.train.accuracy], or "
    "{setting}={{'name': f}} with def f(output, target): return a number"
)
TRAIN_MODEL = "the model is {given}, and no ag.nn.Module. Write Trainer(ag.nn.Linear(3, 1), ag.nn.MSELoss(), optimizer)"
TRAIN_LOSS = (
    "the loss is {given}, and is to be called as loss(output, target). Write Trainer(model, ag.nn.MSELoss(), optimizer)"
)
TRAIN_LOSS_KIND = (
    "the loss has given something of type {given}, and no Tensor that is computed from the outputs. Write "
    "def loss(output, target): return np.mean((output - target) ** 2), without float(), item() and numpy()"
)
TRAIN_OPTIMIZER = (
    "the optimizer is {given}, and is to be one of the parameters of the model. Write "
    "Trainer(model, loss, ag.optim.SGD(model.parameters(), lr=0.1))"
)
TRAIN_FORWARD = "forward= is {given}. Write def f(model, batch): return output, target, and Trainer(..., forward=f)"
TRAIN_CALLBACK = (
    "callbacks= is given {given}, which has no method that is called, as on_epoch_end. Write "
    "callbacks=[ag.train.EarlyStopping()], or an object of your own with def on_epoch_end(self, trainer)"
)
TRAIN_SCHEDULE = (
    "the schedule is {given}. Write ag.optim.lr_scheduler.{name}(optimizer, ...) with the optimizer of this trainer"
)
TRAIN_SHARED = (
    "this {callback} remembers the training of another trainer, and this one is not at its beginning. Write "
    "callbacks=[ag.train.{callback}(...)], a new one for each trainer"
)
TRAIN_VALUES = (
    "the parameter {name} is nan or infinite after step {step}, and no checkpoint is written of that. Write "
    "`with ag.debug(): trainer.fit(...)`, without compile=, to see which operation makes it, and a smaller lr= or "
    "clip=1.0 against it; check_finite=False lets it pass"
)
TRAIN_LIST = (
    "the state that the list of batches is to go on from {found}, and the list has {batches}. Write the loader that "
    "there was"
)
TRAIN_PLACE_OTHER = (
    "the state was saved in the middle of an epoch of another loader than {loader}. Write the loader that there was"
)
TRAIN_PLATEAU = "ReduceLROnPlateau goes by what is known after an epoch. Write schedule_on='epoch'"
TRAIN_LBFGS = (
    "LBFGS evaluates the loss several times in a step, of one batch. Write accumulate=1 and a larger batch, or another "
    "optimiser"
)
TRAIN_LBFGS_MEAN = (
    "LBFGS takes the mean over processes in each of its evaluations, and the gradients of each would be clipped before "
    "that. Write Trainer(...) without clip= and clip_value=, or another optimiser"
)
TRAIN_LENGTHS = (
    "how many examples a batch has is not clear: its arrays have lengths {lengths}, and a mean over batches counts "
    "each example once. Write Trainer(..., forward=f) with def f(model, batch): return output, target, where the first "
    "axis of the target is that of the examples"
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
TRAIN_STATE = "the state does not fit this trainer, and nothing was changed: {reason}. Write the trainer as it was then"
TRAIN_LOG = (
    "{file} is the log of another training. Write fit(..., resume=True) to go on with that, another name, or delete it"
)
TRAIN_SCORES = (
    "{metric}() takes scores for each class, (examples, classes) and more axes, and was given shape {shape}. Write "
    "binary_accuracy for one score for each example"
)
TRAIN_MEAN = "{metric}() compares shapes {first} and {second}, which are not equal. Write target.reshape(output.shape)"
TRAIN_COLUMN = "the history has no column {name!r}. Write one of {columns}"
