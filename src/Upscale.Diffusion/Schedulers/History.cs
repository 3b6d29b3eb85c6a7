namespace Upscale.Diffusion;

/// <summary>The last few pictures of a run, newest first.</summary>
internal sealed class History(int capacity)
{
    private readonly List<float[]> _pictures = [];

    /// <summary>How many there are, at most the capacity.</summary>
    public int Count { get; private set; }

    /// <summary>0 is the newest.</summary>
    public float[] this[int age] => age < Count ? _pictures[age] : throw new ArgumentOutOfRangeException(nameof(age));

    /// <summary>Makes room for a new one, in the memory of the oldest where that is dropped.</summary>
    /// <returns>The memory to fill; its content is undefined.</returns>
    public float[] Push(int length)
    {
        float[]? reused = null;
        if (_pictures.Count == capacity || _pictures.Count > Count)
        {
            reused = _pictures[^1];
            _pictures.RemoveAt(_pictures.Count - 1);
        }

        _pictures.Insert(0, reused?.Length == length ? reused : new float[length]);
        Count = Math.Min(Count + 1, capacity);
        return _pictures[0];
    }

    /// <summary>Forgets all, keeps the memory.</summary>
    public void Clear() => Count = 0;
}
