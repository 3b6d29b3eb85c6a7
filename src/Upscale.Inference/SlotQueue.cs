namespace Upscale.Inference;

/// <summary>A number of places, given in the order of asking.</summary>
/// <param name="slots">Places, at least 1.</param>
internal sealed class SlotQueue(int slots)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private int _busy;

    /// <summary>Places.</summary>
    public int Slots => slots;

    /// <summary>Places that are taken.</summary>
    public int Busy
    {
        get
        {
            lock (_gate)
                return _busy;
        }
    }

    /// <summary>Callers in the queue.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Waits for a place and takes it.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> place;
        lock (_gate)
        {
            if (_busy < slots)
            {
                _busy++;
                return;
            }

            place = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        using (cancellationToken.Register(() => Cancel(place, cancellationToken)))
            await place.Value.Task.ConfigureAwait(false);
    }

    /// <summary>Gives a place back: to the first in the queue, if there is one.</summary>
    public void Exit()
    {
        lock (_gate)
        {
            if (_waiting.First is { } next)
            {
                _waiting.Remove(next);
                next.Value.SetResult();
            }
            else
            {
                _busy--;
            }
        }
    }

    private void Cancel(LinkedListNode<TaskCompletionSource> place, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (place.List is null)
                return;
            _waiting.Remove(place);
        }

        place.Value.SetCanceled(cancellationToken);
    }
}
