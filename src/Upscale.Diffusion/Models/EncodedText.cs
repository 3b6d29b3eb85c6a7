namespace Upscale.Diffusion.Models;

/// <summary>A prompt as a network sees it.</summary>
/// <param name="Hidden">Length x width numbers.</param>
/// <param name="Length">Ids: 77 for each chunk.</param>
/// <param name="Width">Numbers for each id.</param>
/// <param name="Pooled">The whole first chunk in one vector; empty where the encoder gives none.</param>
public sealed record EncodedText(float[] Hidden, int Length, int Width, float[] Pooled)
{
    /// <summary>Of the same size, with zeros only: what SDXL is given where there is no negative prompt.</summary>
    public EncodedText Zeros() => this with { Hidden = new float[Hidden.Length], Pooled = new float[Pooled.Length] };

    /// <summary>Two encoders' answers to the same ids, joined id by id; pooled as the second one says.</summary>
    public static EncodedText Join(EncodedText first, EncodedText second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Length != second.Length)
            throw new ArgumentException($"{first.Length} ids and {second.Length} ids cannot be joined.", nameof(second));
        int width = first.Width + second.Width;
        float[] hidden = new float[first.Length * width];
        for (int i = 0; i < first.Length; i++)
        {
            first.Hidden.AsSpan(i * first.Width, first.Width).CopyTo(hidden.AsSpan(i * width));
            second.Hidden.AsSpan(i * second.Width, second.Width).CopyTo(hidden.AsSpan((i * width) + first.Width));
        }

        return new EncodedText(hidden, first.Length, width, second.Pooled);
    }
}
