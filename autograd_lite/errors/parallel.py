"""Texts of several processes that compute together."""

from __future__ import annotations

NO_COMMUNICATOR = (
    "{function}() is given {given} for a communicator. Write {function}({before}comm) with comm = MPI.COMM_WORLD, "
    "after `from mpi4py import MPI`"
)
MEAN_WEIGHT = (
    "weight={given!r} says nothing of how much the gradients of a rank count. Write average.weight = len(batch) before "
    "the step"
)
MEAN_NO_WEIGHT = "the weights of all ranks are 0, so that there is no mean. Write average.weight = len(batch)"
MEAN_LAYOUT = (
    "the ranks have other parameters to average: {found}. Write the same model on every rank, and give all of its "
    "parameters to the optimiser in the same order"
)
MEAN_VALUES = (
    "the ranks begin with other values of the parameters, and would train different models. Write "
    "ag.parallel.broadcast(model, comm) before the first step"
)
MEAN_DRIFT = (
    "before step {step} the ranks have other values of the parameters, and train different models: some had another "
    "learning rate or state of the optimiser, or something has set a parameter. Write broadcast(model, comm) and the "
    "same optimiser on every rank, opt.load_state_dict(...) on all of them, and of a schedule that goes by a loss "
    "scheduler.step(*average([], loss))"
)
MEAN_PARAMETERS = (
    "a mean of gradients is asked of a {given}, which is no parameter. Write average(model.parameters()), or "
    "average([w])"
)
MEAN_CHANGED = (
    "some of the ranks have other parameters to average than before, and others have not. Write the same calls of "
    "add_param_group(), and of the steps of several optimisers, on every rank"
)
MEAN_LEFT = (
    "{count} of {size} ranks left the training after {steps} steps, before the others: they had fewer batches. Write "
    "ag.parallel.shard(data, comm), which gives each rank as many examples, or the same number of steps on every rank"
)
MEAN_BROKEN = (
    "a mean of the gradients of all ranks has failed before, so that nobody knows where they are. Write nothing that "
    "catches the first error: let the program end, and start it again from its last checkpoint"
)
MEAN_FOREIGN = (
    "the gradient of {what} is an array of class {given}, which MPI does not take here. Write "
    "p.grad = ag.Tensor(p.grad.data.get()) before the mean, or train on arrays of NumPy's"
)
MEAN_KIND = (
    "average={given!r} is no mean of gradients. Write average=ag.parallel.mean(comm), or a function that is given a "
    "list of parameters and sets their gradients"
)
BROADCAST_KIND = (
    "broadcast() is given a {given}. Write broadcast(model, comm), or a dict, list or tuple of Tensors and arrays"
)
BROADCAST_LAYOUT = (
    "the ranks have other things to broadcast: {found}. Write the same model on every rank, with as many parameters of "
    "the same shapes"
)
SHARD_UNEVEN = (
    "{count} examples do not make {size} shards of the same length. Write {function}(..., uneven='drop') to leave out "
    "the last {rest}, or uneven='pad' to have the first {missing} twice"
)
SHARD_CHOICE = "uneven={given!r} is unknown. Write uneven='refuse', 'drop' or 'pad'"
SHARD_LENGTHS = (
    "shard() is given a tuple of arrays or lists of {lengths} rows. Write shard((x, y), comm) of as many rows each, or "
    "shard(list(data), comm) where each of them is an example"
)
SHARD_PARTS = (
    "shard() is given {given}, and does not know what an example is. Write shard((x, y), comm) of arrays or lists with "
    "as many rows each, or a list of the examples"
)
SHARD_NONE = "{function}() is given no example. Write it of data with one for each rank at least"
SHARD_FEW = "{count} examples are not enough for {size} ranks. Write mpiexec -n {count}, or take more examples"
SHARD_KIND = (
    "shard() is given a {given}, which has no length. Write a list of the examples, or, of an IterableDataset, "
    "itertools.islice(data, comm.rank, None, comm.size) in its __iter__"
)
EXECUTOR = (
    "executor={given} has no submit() that returns a concurrent.futures.Future. Write "
    "executor=concurrent.futures.ProcessPoolExecutor(), or of dask client.get_executor(), of MPI "
    "mpi4py.futures.MPIPoolExecutor()"
)
TASK_CANCELLED = (
    "calls of {what} were cancelled before they began: somebody has closed the executor, or has cancelled them. "
    "Write executor.shutdown() after the results are there, as at the end of `with executor:`"
)
TASK_RAISED = (
    "a call has raised {kind}: {message}; pickle cannot bring an error of that class back from another process. Write "
    "its __init__ with the same arguments that it gives to super().__init__(), and without locks, files or functions"
)
TASK = "in item {number} of {count} of {what}"
NOT_PICKLED = (
    "{what} cannot be sent to another process: {cause}. Write it as a function of a module (def f(x): ... at the top "
    "of a file), with what it needs besides as an argument; or executor=loky.get_reusable_executor(), which sends "
    "lambdas and closures too"
)
RESULT_NOT_PICKLED = (
    "a result of {what} cannot be sent back from another process: {cause}. Write it so that it returns arrays, "
    "numbers, or trees of them"
)
WORKER_LOST = (
    "a process of the executor has ended while it was computing {what}: it was killed, ran out of memory, or could not "
    "begin. {kept} of {count} results were there. Write a new executor, with fewer workers where memory is short; and "
    "`if __name__ == '__main__':` around what starts one"
)
PARALLEL_DRAWS = (
    "{function} draws random numbers, and each process would draw the same. Write rng=0 beside executor=, which "
    "gives each item a generator of its own, by which also layers draw"
)
PARALLEL_CLOSURE = (
    "{function} uses a Tensor that requires a gradient and is none of its arguments; computed in another process, that "
    "would get none. Write it as an argument with in_axes=None, the parameters of a model as "
    "ag.nn.functional_call(model, params, x); or leave it out by detach() or `with ag.no_grad():`"
)
PARALLEL_WRITES = (
    "{function} writes to {what}, which in another process is lost. Write it so that it returns the new value"
)
PARALLEL_FOREIGN = (
    "map() is given an array of class {given} for {function}, which it would have to fetch for other processes. Write "
    "np.asarray(x) of dask, x.get() of CuPy; or ag.vmap({function}), which has its library compute"
)
PARALLEL_RESULTS = (
    "the results of {function} differ from example to example: {found}. Write a function that returns arrays of the "
    "same shape, built alike"
)
PARALLEL_SHARED = (
    "out_axes=None says that a result of {function} is the same for all examples, and each is computed alone. Write "
    "out_axes=0, and take the first"
)
GRADCHECK_ELSEWHERE = (
    "{function} gives something else where it is called by the executor: it reads what is checked from elsewhere, as a "
    "model its parameters, or a process has other values. Write gradcheck(f, inputs) of a function that takes all that "
    "it reads as arguments, or leave out executor="
)
MULTISTART_STARTS = (
    "multistart() is given {given} for its starts. Write an array with a start in each row, or a list of starts"
)
PARALLEL_NONE = "{function} is given no example, so that nobody knows what it returns. Write arrays with at least one"
PARALLEL_RESULT = (
    "{function} returns a {given}, of which no array is made. Write it so that it returns arrays, numbers, or trees of "
    "them"
)
CUSTOM_EXECUTOR = (
    "custom_op {op} is given an executor, which calls functions for finite differences, and a rule of its own. Write "
    "numerical=True, or have the rule call the executor"
)
