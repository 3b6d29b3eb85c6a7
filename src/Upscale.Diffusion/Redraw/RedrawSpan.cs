namespace Upscale.Diffusion.Redraw;

/// <summary>
/// A part of a picture along one axis, in pixels: what the network sees, and how much of its result counts where. Either all counts between two places and the rest
/// fades towards the outside, or it counts less and less from the middle between two places to these.
/// </summary>
/// <param name="Start">The first pixel that the network sees.</param>
/// <param name="Length">How many it sees; may reach beyond the end of the picture.</param>
/// <param name="From">The first place.</param>
/// <param name="To">The second place.</param>
/// <param name="IsGradient">True for what counts most in the middle.</param>
/// <param name="Fading">Over how many pixels the rest fades; 0 for not at all.</param>
public readonly record struct RedrawSpan(int Start, int Length, int From, int To, bool IsGradient, int Fading)
{
    /// <summary>1 between the two places, from there half a wave down to 0; always 1 for a gradient.</summary>
    /// <param name="position">A pixel of the picture.</param>
    public double Presence(int position)
    {
        double outside = Math.Max(From - position - 0.5, position + 0.5 - To);
        return IsGradient || outside <= 0 ? 1
            : outside >= Fading ? 0
            : 0.5 + (0.5 * Math.Cos(Math.PI * outside / Fading));
    }

    /// <summary>How far a pixel is from the middle of a gradient: 1 at the two places. 0 for what is none.</summary>
    /// <param name="position">A pixel of the picture.</param>
    public double Distance(int position) => IsGradient ? Math.Abs((2 * (position + 0.5)) - From - To) / (To - From) : 0;
}
