namespace Upscale.Diffusion.Redraw;

/// <summary>The order in which the tiles of a picture are made anew.</summary>
public enum RedrawOrder
{
    /// <summary>Row by row, each from left to right.</summary>
    Linear,

    /// <summary>As the fields of a chessboard: all of one colour, then all of the other, which see finished neighbours on all sides.</summary>
    Chess,
}
