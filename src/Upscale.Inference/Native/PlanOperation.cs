namespace Upscale.Inference.Native;

/// <summary>A step of a plan. Of the members only those of its kind mean anything.</summary>
internal sealed class PlanOperation
{
    /// <summary>What it does.</summary>
    public required PlanKind Kind { get; init; }

    /// <summary>What it reads.</summary>
    public required PlanValue[] Inputs { get; init; }

    /// <summary>What it writes; another value when later operators became part of it.</summary>
    public required PlanValue Output { get; set; }

    /// <summary>Added to the result of a convolution; null for nothing. One pixel stands for all.</summary>
    public PlanValue? Residual { get; set; }

    /// <summary>Factor of a convolution's result with its residual.</summary>
    public float OuterFactor { get; set; } = 1;

    /// <summary>Added last, as <see cref="Residual"/>.</summary>
    public PlanValue? OuterResidual { get; set; }

    /// <summary>Factor of a convolution's result, of <see cref="PlanKind.Scale"/>, or of what <see cref="PlanKind.Activate"/> reads.</summary>
    public float Factor { get; set; } = 1;

    /// <summary>Added by <see cref="PlanKind.Scale"/>.</summary>
    public float Offset { get; init; }

    /// <summary>Slopes of a convolution's activation, or of <see cref="PlanKind.Activate"/>; null for none.</summary>
    public float[]? Slopes { get; set; }

    /// <summary>True to activate after the residual.</summary>
    public bool ActivateLast { get; set; }

    /// <summary>Name of the node, under which its weights are kept.</summary>
    public string Name { get; init; } = "";

    /// <summary>Weights of a convolution.</summary>
    public GraphConstant? Weights { get; init; }

    /// <summary>Biases; null for none.</summary>
    public float[]? Bias { get; init; }

    /// <summary>Stride of a convolution, or size of a block.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Rows of padding above.</summary>
    public int Top { get; init; }

    /// <summary>Columns of padding to the left.</summary>
    public int Left { get; init; }

    /// <summary>What is in the border of <see cref="PlanKind.Pad"/>.</summary>
    public Kernels.Padding Padding { get; init; }

    /// <summary>Order of the channels of <see cref="PlanKind.Shuffle"/>.</summary>
    public bool ChannelsFirst { get; init; }

    /// <summary>How <see cref="PlanKind.Join"/> joins.</summary>
    public Kernels.Arithmetic Arithmetic { get; init; }

    /// <summary>Multiplications and additions of a convolution, counted as a plain one; 0 for other operations.</summary>
    public double Operations => Kind switch
    {
        PlanKind.Convolve => 2.0 * Output.Height * Output.Width * WeightCount,
        PlanKind.ConvolveTransposed => 2.0 * Inputs[0].Height * Inputs[0].Width * WeightCount,
        _ => 0,
    };

    /// <summary>All that must be there before it runs.</summary>
    public IEnumerable<PlanValue> Reads => [.. Inputs, .. Residual is null ? [] : new[] { Residual }, .. OuterResidual is null ? [] : new[] { OuterResidual }];

    private double WeightCount => Weights!.Dimensions.Aggregate(1.0, (product, d) => product * d);
}
