using System.Runtime.CompilerServices;

namespace Upscale.Kernels;

/// <summary>Writes sums of one register of output channels, finished, and cut off where the channels end.</summary>
internal readonly unsafe ref struct Finisher<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private readonly TVector _bias;
    private readonly TVector _slope;
    private readonly TVector _scale;
    private readonly TVector _outerScale;
    private readonly bool _activateFirst;
    private readonly bool _activateLast;
    private readonly bool _scaled;
    private readonly bool _outer;
    private readonly int _tail;

    /// <param name="weights">With biases and slopes.</param>
    /// <param name="finish">What to do.</param>
    /// <param name="channel">First channel of the register.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Finisher(Weights weights, in Finish finish, int channel)
    {
        _bias = TLanes.Load(weights.Bias + channel);
        _slope = TLanes.Load(weights.Slopes + channel);
        _scale = TLanes.Broadcast(finish.Scale);
        _outerScale = TLanes.Broadcast(finish.OuterScale);
        bool active = weights.HasSlopes && finish.Activate;
        _activateFirst = active && !finish.ActivateLast;
        _activateLast = active && finish.ActivateLast;
        _scaled = finish.Scale != 1;
        _outer = finish.OuterScale != 1 || finish.OuterResidual is not null;
        _tail = Math.Min(TLanes.Count, weights.Outputs - channel);
    }

    /// <summary>Writes one pixel's share.</summary>
    /// <param name="sum">The sums.</param>
    /// <param name="target">Where to.</param>
    /// <param name="residual">What to add; null for nothing.</param>
    /// <param name="outer">What to add last; null for nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(TVector sum, float* target, float* residual, float* outer)
    {
        TVector value = TLanes.Add(sum, _bias);
        if (_activateFirst)
            value = Activate(value);
        if (_scaled)
            value = TLanes.Multiply(value, _scale);
        if (_tail == TLanes.Count)
        {
            if (residual is not null)
                value = TLanes.Add(value, TLanes.Load(residual));
            if (_activateLast)
                value = Activate(value);
            if (_outer)
            {
                value = TLanes.Multiply(value, _outerScale);
                if (outer is not null)
                    value = TLanes.Add(value, TLanes.Load(outer));
            }

            TLanes.Store(value, target);
        }
        else
        {
            WriteTail(value, target, residual, outer);
        }
    }

    /// <summary>A number that is none stays so: the operand that is returned for it is the second one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Activate(TVector value) => TLanes.MultiplyAdd(TLanes.Min(TLanes.Zero, value), _slope, TLanes.Max(TLanes.Zero, value));

    private void WriteTail(TVector value, float* target, float* residual, float* outer)
    {
        if (residual is not null)
            value = TLanes.Add(value, TLanes.LoadFirst(residual, _tail));
        if (_activateLast)
            value = Activate(value);
        if (_outer)
        {
            value = TLanes.Multiply(value, _outerScale);
            if (outer is not null)
                value = TLanes.Add(value, TLanes.LoadFirst(outer, _tail));
        }

        TLanes.StoreFirst(value, target, _tail);
    }
}
