using System.Numerics;
using System.Runtime.InteropServices;

namespace Upscale.Inference;

/// <summary>
/// Tells a picture from the wreck of one: values that are not finite, or one colour all over where the input shows something.
/// Half precision that overflows and broken conversions give such tiles and report success.
/// </summary>
public static class OutputCheck
{
    /// <summary>A plane whose values differ by no more than this (half a step of 8 bits) counts as one colour.</summary>
    public const float FlatRange = 0.5f / 255;

    /// <summary>
    /// An input plane with at least this standard deviation (4 steps of 8 bits) has detail. Less may be noise, which a network is free
    /// to remove; so may single odd pixels, which hardly count in a deviation.
    /// </summary>
    public const float DetailDeviation = 4f / 255;

    /// <summary>Looks at the result of a run.</summary>
    /// <param name="input">What went in.</param>
    /// <param name="output">What came out.</param>
    /// <returns>What is wrong, as a half sentence about the result; null when nothing is.</returns>
    public static string? Find(Tile input, Tile output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        bool flat = true;
        for (int channel = 0; channel < output.Channels; channel++)
        {
            if (!IsFinite(output.Plane(channel), out float range))
                return "has values that are not finite";
            flat &= range <= FlatRange;
        }

        if (!flat)
            return null;
        for (int channel = 0; channel < input.Channels; channel++)
        {
            if (Deviation(input.Plane(channel)) >= DetailDeviation)
                return "is one colour all over though the input is not";
        }

        return null;
    }

    /// <summary>True when all values are finite.</summary>
    /// <param name="values">At least one.</param>
    /// <param name="range">Largest minus smallest value, if all are finite.</param>
    internal static bool IsFinite(ReadOnlySpan<float> values, out float range)
    {
        // 0 * x is 0 for every finite x and NaN for the others; a sum with one NaN in it is NaN.
        Vector<float> sum = Vector<float>.Zero, low = new(float.MaxValue), high = new(float.MinValue);
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (Vector<float> v in vectors)
        {
            sum += v * Vector<float>.Zero;
            low = Vector.Min(low, v);
            high = Vector.Max(high, v);
        }

        float total = Vector.Sum(sum), smallest = float.MaxValue, largest = float.MinValue;
        for (int i = 0; i < Vector<float>.Count; i++)
        {
            smallest = Math.Min(smallest, low[i]);
            largest = Math.Max(largest, high[i]);
        }

        foreach (float v in values[(vectors.Length * Vector<float>.Count)..])
        {
            total += v * 0;
            smallest = Math.Min(smallest, v);
            largest = Math.Max(largest, v);
        }

        range = largest - smallest;
        return total == 0;
    }

    private static double Deviation(ReadOnlySpan<float> values)
    {
        double sum = 0, squares = 0;
        foreach (float v in values)
        {
            sum += v;
            squares += (double)v * v;
        }

        double mean = sum / values.Length;
        return Math.Sqrt(Math.Max(squares / values.Length - mean * mean, 0));
    }
}
