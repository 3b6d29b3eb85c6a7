namespace Upscale.Diffusion.Denoising;

/// <summary>The noise of a later pass over a picture: fields that no earlier pass used.</summary>
/// <param name="noise">Of the picture.</param>
/// <param name="pass">From 0, whose noise is <paramref name="noise"/> as it is.</param>
public sealed class ShiftedNoise(INoise noise, int pass) : INoise
{
    private const int FieldsOfPass = 1 << 20;

    /// <inheritdoc/>
    public void Fill(int step, int channel, int x, int y, Span<float> row) => noise.Fill(step + (pass * FieldsOfPass), channel, x, y, row);
}
