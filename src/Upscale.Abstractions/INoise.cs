namespace Upscale;

/// <summary>
/// Standard normal deviates as a field over the picture: each is a function of step, channel and place, so that whoever computes a tile
/// gets the numbers of the whole picture.
/// </summary>
public interface INoise
{
    /// <summary>Writes part of a row of the field.</summary>
    /// <param name="step">Fields of different steps have nothing to do with each other.</param>
    /// <param name="channel">Plane, from 0.</param>
    /// <param name="x">Column of the first number.</param>
    /// <param name="y">Row.</param>
    /// <param name="row">Receives the numbers of columns <paramref name="x"/>, <paramref name="x"/> + 1, ...</param>
    void Fill(int step, int channel, int x, int y, Span<float> row);
}
