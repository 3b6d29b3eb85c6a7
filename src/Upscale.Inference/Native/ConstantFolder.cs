namespace Upscale.Inference.Native;

/// <summary>Computes operators whose inputs are all known: sizes, casts of weights, tables of time steps.</summary>
internal static class ConstantFolder
{
    /// <summary>Computes one.</summary>
    /// <exception cref="NotCoveredException">It is not known how.</exception>
    public static GraphConstant Fold(GraphNode node, GraphConstant?[] inputs)
    {
        GraphConstant first = inputs.Length > 0 ? inputs[0]! : new GraphConstant([0], null, []);
        return node.Type switch
        {
            "Constant" when node.Attributes.TryGetValue("value", out GraphAttribute? value) && value.Constant is { } constant => constant,
            "Identity" => first,
            "Cast" => Cast(first, node.Number("to", OnnxTypes.Float)),
            "Gather" when node.Number("axis", 0) == 0 => Gather(first, inputs[1]!),
            "Slice" when first.Dimensions.Length == 1 && inputs.Length <= 4 => Slice(first, inputs[1]!.Integers![0], inputs[2]!.Integers![0]),
            "Concat" when first.Integers is not null && first.Dimensions.Length <= 1 => GraphConstant.Of([.. inputs.SelectMany(i => i!.Integers!)]),
            "ConstantOfShape" => Fill(first, node.Attributes.TryGetValue("value", out GraphAttribute? value) ? value.Constant : null),
            "Add" or "Sub" or "Mul" or "Div" or "Mod" => Compute(node.Type, first, inputs[1]!),
            _ => throw new NotCoveredException($"{node.Type} of constants"),
        };
    }

    private static GraphConstant Cast(GraphConstant value, int type) => type switch
    {
        OnnxTypes.Float => value with { Floats = value.Floats ?? [.. value.Integers!.Select(i => (float)i)], Integers = null },
        6 or 7 => value with { Integers = value.Integers ?? [.. value.Floats!.Select(f => (long)f)], Floats = null },
        _ => throw new NotCoveredException($"a cast to {OnnxTypes.Name(type)}"),
    };

    private static GraphConstant Gather(GraphConstant table, GraphConstant indices)
    {
        int rows = table.Dimensions[0], row = table.Length / Math.Max(rows, 1);
        int[] dimensions = [.. indices.Dimensions, .. table.Dimensions.Skip(1)];
        int[] picked = [.. (indices.Integers ?? throw new NotCoveredException("indices that are no integers")).Select(i => (int)(i < 0 ? i + rows : i))];
        if (picked.Any(i => i < 0 || i >= rows))
            throw new NotCoveredException("an index outside of its table");
        return table.Floats is { } floats
            ? new GraphConstant(dimensions, [.. picked.SelectMany(i => floats.AsSpan(i * row, row).ToArray())], null)
            : new GraphConstant(dimensions, null, [.. picked.SelectMany(i => table.Integers!.AsSpan(i * row, row).ToArray())]);
    }

    private static GraphConstant Slice(GraphConstant list, long from, long to)
    {
        int length = list.Length, start = (int)Math.Clamp(from < 0 ? from + length : from, 0, length), end = (int)Math.Clamp(to < 0 ? to + length : to, start, length);
        return list.Integers is { } integers
            ? GraphConstant.Of(integers[start..end])
            : new GraphConstant([end - start], list.Floats![start..end], null);
    }

    private static GraphConstant Fill(GraphConstant shape, GraphConstant? value)
    {
        int[] dimensions = [.. shape.Integers!.Select(d => checked((int)d))];
        float[] floats = new float[dimensions.Aggregate(1, (product, d) => checked(product * d))];
        if (value is { Floats: null })
            throw new NotCoveredException("integers of a shape");
        Array.Fill(floats, value?.Floats![0] ?? 0);
        return new GraphConstant(dimensions, floats, null);
    }

    private static GraphConstant Compute(string type, GraphConstant a, GraphConstant b)
    {
        if (a.Length != b.Length && a.Length != 1 && b.Length != 1)
            throw new NotCoveredException($"{type} of constants of {a.Length} and {b.Length} numbers");
        int length = a.Length == 1 ? b.Length : a.Length;
        int[] dimensions = a.Length == length && a.Dimensions.Length >= b.Dimensions.Length ? a.Dimensions : b.Dimensions;
        if (a.Integers is { } p && b.Integers is { } q)
            return new GraphConstant(dimensions, null, [.. Enumerable.Range(0, length).Select(i => Integer(type, p[a.Length == 1 ? 0 : i], q[b.Length == 1 ? 0 : i]))]);
        if (a.Floats is { } x && b.Floats is { } y)
            return new GraphConstant(dimensions, [.. Enumerable.Range(0, length).Select(i => Real(type, x[a.Length == 1 ? 0 : i], y[b.Length == 1 ? 0 : i]))], null);
        throw new NotCoveredException($"{type} of floats and integers");
    }

    private static long Integer(string type, long a, long b) => type switch
    {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        _ when b == 0 => throw new NotCoveredException("a division by zero"),
        "Div" => a / b,
        _ => ((a % b) + b) % b,
    };

    private static float Real(string type, float a, float b) => type switch
    {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Div" => a / b,
        _ => throw new NotCoveredException("a remainder of floats"),
    };
}
