namespace Upscale;

/// <summary>
/// An input or output of a graph by its name, in memory of the caller. The number type that the graph wants is the pool's business.
/// </summary>
public sealed class NamedTensor
{
    /// <summary>Numbers to read from or to write to.</summary>
    /// <param name="name">As the graph has it.</param>
    /// <param name="shape">Dimensions, outermost first; none for a scalar.</param>
    /// <param name="values">As many as the shape says, innermost dimension fastest.</param>
    /// <exception cref="ArgumentException">The shape and the number of values do not fit together.</exception>
    public NamedTensor(string name, IReadOnlyList<int> shape, Memory<float> values)
        : this(name, shape, values.Length) => Floats = values;

    /// <summary>Whole numbers as an input, such as a timestep.</summary>
    /// <param name="name">As the graph has it.</param>
    /// <param name="shape">Dimensions, outermost first; none for a scalar.</param>
    /// <param name="values">As many as the shape says, innermost dimension fastest.</param>
    /// <exception cref="ArgumentException">The shape and the number of values do not fit together.</exception>
    public NamedTensor(string name, IReadOnlyList<int> shape, ReadOnlyMemory<long> values)
        : this(name, shape, values.Length) => Integers = values;

    private NamedTensor(string name, IReadOnlyList<int> shape, int values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        long count = shape.Aggregate(1L, (product, d) => checked(product * d));
        if (count != values)
            throw new ArgumentException($"'{name}' of the shape [{string.Join(", ", shape)}] has {count} numbers, not {values}.", nameof(shape));
        Name = name;
        Shape = [.. shape];
    }

    /// <summary>As the graph has it.</summary>
    public string Name { get; }

    /// <summary>Dimensions, outermost first; none for a scalar.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The numbers; empty where <see cref="Integers"/> holds them.</summary>
    public Memory<float> Floats { get; }

    /// <summary>The numbers where they are whole ones; else null.</summary>
    public ReadOnlyMemory<long>? Integers { get; }
}
