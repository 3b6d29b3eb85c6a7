namespace Upscale.Diffusion.Redraw;

/// <summary>The noise of a picture as a part of it sees it.</summary>
/// <param name="noise">Of the whole picture.</param>
/// <param name="left">Column of the field that the part begins with.</param>
/// <param name="top">Row of the field that the part begins with.</param>
internal sealed class PlacedNoise(INoise noise, int left, int top) : INoise
{
    public void Fill(int step, int channel, int x, int y, Span<float> row) => noise.Fill(step, channel, x + left, y + top, row);
}
