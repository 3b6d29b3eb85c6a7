namespace Upscale.Kernels;

/// <summary>Weights, biases and slopes of a convolution as the kernels read them, padded to whole registers.</summary>
internal sealed unsafe class Weights : IDisposable
{
    private readonly AlignedMemory _memory;

    /// <param name="taps">For each tap the weights as [output channel][input channel].</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="bias">One for each output channel, or none.</param>
    /// <param name="slopes">One for each output channel, or one for all, or none.</param>
    /// <param name="lanes">Floats of a register.</param>
    /// <param name="tapCount">Taps.</param>
    public Weights(Func<int, int, int, float> taps, int tapCount, int outputs, int inputs, ReadOnlySpan<float> bias, ReadOnlySpan<float> slopes, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        if (bias.Length != 0 && bias.Length != outputs)
            throw new ArgumentException($"{bias.Length} biases for {outputs} channels.", nameof(bias));
        if (slopes.Length > 1 && slopes.Length != outputs)
            throw new ArgumentException($"{slopes.Length} slopes for {outputs} channels.", nameof(slopes));
        Inputs = inputs;
        Outputs = outputs;
        Padded = (outputs + lanes - 1) / lanes * lanes;
        PanelWidth = 2 * lanes;
        HasSlopes = slopes.Length > 0;
        _memory = new AlignedMemory(((long)tapCount * inputs + 2) * Padded);
        Taps = _memory.Data;
        Bias = Taps + ((long)tapCount * inputs * Padded);
        Slopes = Bias + Padded;
        for (int panel = 0; panel < Panels; panel++)
        {
            float* target = Taps + ((long)panel * tapCount * inputs * PanelWidth);
            int width = Width(panel), columns = Math.Min(width, outputs - (panel * PanelWidth));
            for (int tap = 0; tap < tapCount; tap++)
            {
                for (int input = 0; input < inputs; input++, target += width)
                {
                    for (int column = 0; column < columns; column++)
                        target[column] = taps(tap, (panel * PanelWidth) + column, input);
                }
            }
        }

        bias.CopyTo(new Span<float>(Bias, outputs));
        for (int output = 0; HasSlopes && output < outputs; output++)
            Slopes[output] = slopes[slopes.Length == 1 ? 0 : output];
    }

    /// <summary>Input channels.</summary>
    public int Inputs { get; }

    /// <summary>Output channels.</summary>
    public int Outputs { get; }

    /// <summary>Output channels rounded up to whole registers.</summary>
    public int Padded { get; }

    /// <summary>Output channels of a full panel.</summary>
    public int PanelWidth { get; }

    /// <summary>Panels.</summary>
    public int Panels => (Padded + PanelWidth - 1) / PanelWidth;

    /// <summary>True when there is an activation.</summary>
    public bool HasSlopes { get; }

    /// <summary>[panel][tap][input channel][column of the panel].</summary>
    public float* Taps { get; }

    /// <summary>Zeros where there is none.</summary>
    public float* Bias { get; }

    /// <summary>Meaningless where there is no activation.</summary>
    public float* Slopes { get; }

    /// <summary>Bytes.</summary>
    public long MemoryBytes => _memory.Length * sizeof(float);

    /// <summary>Columns of a panel.</summary>
    public int Width(int panel) => Math.Min(PanelWidth, Padded - (panel * PanelWidth));

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
